"""What became of each process's memory and open files, sample by sample."""

from dataclasses import asdict, dataclass

from . import costs
from .costs import Memory
from .figures import Line, fitted, grown
from .lag import Lag

MOST_GROWTH, MOST_ERRORS = 0.05, 0.001
HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Sample:
    """What each process had, so many seconds after the warm-up."""

    at: float
    memory: dict[str, Memory]
    files: dict[str, int]


@dataclass(frozen=True, slots=True)
class Growth:
    """What became of one process's memory; sizes in MiB (PSS)."""

    process: str
    first: float
    last: float
    by_tenths: float
    """By what share the last tenth of the samples exceeds the first."""
    line: Line
    """In MiB, by seconds."""
    files: tuple[int, int]
    """Open at first and at last."""

    @property
    def per_hour(self) -> float:
        return self.line.slope * HOUR_S

    @property
    def by_line(self) -> float:
        """The same, by the straight line through all samples: few of them are noise."""
        return self.per_hour / self.line.start if self.line.start else 0.0


@dataclass(frozen=True, slots=True)
class Soak:
    minutes: float
    rate: float
    samples: list[Sample]
    paid: int
    errors: float
    wrong: dict[str, int]
    paths: dict[str, dict[str, float]]
    left: Lag
    """What was still to be done after a while without payments."""

    @property
    def growths(self) -> list[Growth]:
        """Of the whole first, then of each process."""
        names = sorted(self.samples[0].memory) if self.samples else []
        return [growth_of(self.samples), *(growth_of(self.samples, x) for x in names)]

    @property
    def is_good(self) -> bool:
        whole = growth_of(self.samples)
        grows = whole.by_tenths > MOST_GROWTH
        return not grows and not self.left and self.errors < MOST_ERRORS

    def as_json(self) -> dict[str, object]:
        growths = [asdict(each) for each in self.growths]
        return {**asdict(self), "growths": growths, "is_good": self.is_good}


def growth_of(samples: list[Sample], process: str = "") -> Growth:
    """Of one process, or of all together."""

    def size(sample: Sample) -> float:
        told = sample.memory
        return told[process].pss if process in told else costs.whole(told).pss

    def files(sample: Sample) -> int:
        told = sample.files
        return told.get(process, 0) if process else sum(told.values())

    there = [each for each in samples if not process or process in each.memory]
    sizes = [size(each) for each in there] or [0.0]
    opened = [files(each) for each in there] or [0]
    line = fitted([each.at for each in there], [size(each) for each in there])
    ends = (sizes[0], sizes[-1])
    name = process or "stack"
    return Growth(name, *ends, grown(sizes), line, (opened[0], opened[-1]))
