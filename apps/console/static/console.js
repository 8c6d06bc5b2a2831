// Light or dark: kept in a cookie, so that the server draws its charts to match.
const THEME = "payscope-theme";
function wear(theme) {
  document.cookie = `${THEME}=${theme}; path=/; max-age=31536000; samesite=strict`;
  location.reload();
}
if (!document.cookie.includes(THEME)) {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  document.cookie = `${THEME}=${dark ? "dark" : "light"}; path=/; max-age=31536000; samesite=strict`;
  if (dark) location.reload();
}
document.addEventListener("click", (event) => {
  const theme = event.target.closest("[data-theme]");
  if (theme) wear(theme.dataset.theme);
  if (event.target.closest("[data-copy-link]")) navigator.clipboard.writeText(location.href.split("#")[0]);
  const span = event.target.closest(".cell [data-span]");
  if (span) location.href = `/story/${span.dataset.span.split("/")[0]}`;
  const line = event.target.closest("[data-line]");
  if (line) {
    getElement(+line.dataset.chart).chart.dispatchAction({ type: "legendToggleSelect", name: line.dataset.line });
    line.classList.toggle("hidden-line");
  }
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    navigator.clipboard.writeText(copy.dataset.copy);
    const said = copy.textContent;
    copy.textContent = "Copied";
    setTimeout(() => (copy.textContent = said), 1200);
  }
});

// What charts need in the browser: values said in their unit, dots that name their trace.
const payscope = {
  escape: (text) => { const box = document.createElement("i"); box.textContent = text ?? ""; return box.innerHTML; },
  number(v) {
    const a = Math.abs(v);
    if (a >= 1e9) return `${+(v / 1e9).toPrecision(3)} G`;
    if (a >= 1e6) return `${+(v / 1e6).toPrecision(3)} M`;
    if (a >= 1e4) return `${+(v / 1e3).toPrecision(3)} k`;
    return Number.isInteger(v) ? String(v) : String(+v.toPrecision(3));
  },
  seconds(v) {
    const a = Math.abs(v);
    if (v === 0) return "0 s";
    if (a < 1e-3) return `${payscope.number(v * 1e6)} µs`;
    if (a < 1) return `${payscope.number(v * 1e3)} ms`;
    if (a < 120) return `${payscope.number(v)} s`;
    if (a < 7200) return `${payscope.number(v / 60)} min`;
    if (a < 172800) return `${payscope.number(v / 3600)} h`;
    return `${payscope.number(v / 86400)} d`;
  },
  bytes(v) {
    const names = ["B", "KiB", "MiB", "GiB", "TiB"];
    let at = 0;
    while (Math.abs(v) >= 1024 && at < 4) { v /= 1024; at += 1; }
    return `${payscope.number(v)} ${names[at]}`;
  },
  rates: { reqps: " req/s", eps: "/s", ops: " ops/s", cps: "/s", wps: " wr/s", rps: " rd/s", short: "", none: "" },
  said(v, unit) {
    if (v === null || v === undefined || v === "-") return "–";
    if (unit === "s") return payscope.seconds(v);
    if (unit === "ms") return payscope.seconds(v / 1000);
    if (unit === "percentunit") return `${payscope.number(v * 100)} %`;
    if (unit === "percent") return `${payscope.number(v)} %`;
    if (unit === "bytes" || unit === "decbytes") return payscope.bytes(v);
    if (unit.startsWith("currency")) return `${v.toFixed(2)} ${unit.slice(8)}`;
    return payscope.number(v) + (unit in payscope.rates ? payscope.rates[unit] : ` ${unit}`);
  },
  minute: (ms) => new Date(+ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false }),
  bucket: (p) => p.seriesType === "scatter"
    ? `${payscope.number(p.value[2])}<br><code>${payscope.escape(p.name)}</code><br>click: its story`
    : payscope.number(p.value[2]),
  clock: (ms) => new Date(+ms).toLocaleTimeString([], { hour12: false }),
  dot: (p) => `${payscope.clock(p.value[0])}: ${payscope.seconds(p.value[1])}<br>` +
    `<code>${payscope.escape(p.name)}</code><br>click: its story`,
  // A board draws what is on the screen, or a little beside it: tells which panels are.
  watches(id) {
    const board = document.getElementById(id), cells = [...board.querySelectorAll(".cell")], seen = new Set();
    const watcher = new IntersectionObserver((changes) => {
      for (const each of changes) seen[each.isIntersecting ? "add" : "delete"](cells.indexOf(each.target));
      board.dispatchEvent(new CustomEvent("looked", { detail: [...seen] }));
    }, { rootMargin: "20% 0px" });
    cells.forEach((cell) => watcher.observe(cell));
  },
  // A drag over a chart chooses a stretch of time; the cursor for it is taken once.
  brushes(component) {
    const chart = component && component.chart;
    if (!chart || chart.payscope) return;
    chart.payscope = true;
    chart.dispatchAction({ type: "takeGlobalCursor", key: "brush",
      brushOption: { brushType: "lineX", brushMode: "single" } });
  },
};
