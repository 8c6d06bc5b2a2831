"""Locust, by what its own page asks of it."""

from ..domain.loads import Load, Standing
from ..domain.silence import Silent
from .server import Server


class Locust(Server):
    """Load, started and stopped while Locust's page is up."""

    async def standing(self) -> Standing:
        return Standing.of(await self.json("/stats/requests"))

    async def begin(self, load: Load) -> None:
        """So many users at once, for so long; Silent says why not."""
        said = await self.form(
            "/swarm",
            user_count=load.users,
            spawn_rate=max(1, load.users // 5),
            run_time=f"{load.minutes}m",
        )
        if not said.get("success"):
            raise Silent(self.name, str(said.get("message", "it did not start")))

    async def end(self) -> None:
        """Visits that are under way end; then it is over."""
        await self.form("/stop")
