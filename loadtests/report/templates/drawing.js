// Draws each chart in the colours of the page, again when these change, and for paper.
(() => {
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const hue = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim() || name;
  const coloured = (trace) => {
    const drawn = JSON.parse(JSON.stringify(trace));
    for (const part of ["line", "marker"]) if (drawn[part]?.color) drawn[part].color = hue(drawn[part].color);
    return drawn;
  };
  const axis = (own) => ({
    gridcolor: hue("line"), zerolinecolor: hue("line"), linecolor: hue("line"), automargin: true, ...own,
    title: { ...own?.title, standoff: 8, font: { size: 11, color: hue("muted") } },
  });
  const draw = () => {
    for (const { id, data, layout } of charts) {
      Plotly.react(`chart-${id}`, data.map(coloured), {
        ...layout, xaxis: axis(layout.xaxis), yaxis: axis(layout.yaxis),
        paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
        font: { family: "system-ui, DejaVu Sans, sans-serif", size: 11.5, color: hue("ink") },
        margin: { l: 52, r: 14, t: 8, b: 36 }, hovermode: "x unified",
        hoverlabel: { bgcolor: hue("panel"), bordercolor: hue("line"), font: { color: hue("ink") } },
        showlegend: true, legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
      }, { displayModeBar: false, responsive: true });
    }
  };
  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  matchMedia("print").addEventListener("change", draw);
})();
