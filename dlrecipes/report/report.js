(function () {
  "use strict";
  const charts = Array.from(document.querySelectorAll(".chart"));
  const touch = window.matchMedia("(pointer: coarse)").matches;
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();

  const webgl = Boolean(document.createElement("canvas").getContext("webgl"));

  // Figures name their colours as CSS variables, so that one figure serves every theme.
  function read(chart) {
    const text = document.getElementById("data-" + chart.id).textContent;
    return JSON.parse(text, (key, value) => {
      const match = typeof value === "string" && /^var\((--[a-z0-9-]+)\)$/.exec(value);
      return match ? colour(match[1]) : value;
    });
  }

  function theme() {
    const axis = {
      gridcolor: colour("--line"), zerolinecolor: colour("--line"), linecolor: colour("--line"),
      tickcolor: colour("--line"), automargin: true, zeroline: false,
      title: { font: { size: 13 } }, minor: { showgrid: false },
    };
    return {
      layout: {
        font: { color: colour("--muted"), size: 12.5, family: getComputedStyle(document.body).fontFamily },
        paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
        xaxis: axis, yaxis: axis,
        hoverlabel: {
          bgcolor: colour("--panel"), bordercolor: colour("--line"), align: "left",
          font: { color: colour("--text"), size: 12.5 },
        },
      },
    };
  }

  function draw(chart) {
    const figure = read(chart);
    const layout = Object.assign({}, figure.layout, { template: theme(), autosize: true });
    const meta = layout.meta || {};
    if (meta.parallel && !webgl) {
      chart.textContent = "This plot needs WebGL, which this browser does not offer.";
      chart.style.height = "auto";
      return;
    }
    if (meta.parallel) {
      const line = figure.data[0].line;
      line.colorscale = [[0, colour("--line")], [0.6, colour("--series-1")], [1, colour("--accent")]];
      figure.data[0].labelfont = { color: colour("--text"), size: 12.5 };
      figure.data[0].tickfont = { color: colour("--text"), size: 11.5 };
      figure.data[0].rangefont = { color: "rgba(0,0,0,0)", size: 1 };
    }
    if (meta.shades) {
      figure.data[0].colorscale = [[0, colour("--panel")], [1, colour("--accent")]];
    }
    if (touch) layout.dragmode = false;
    Plotly.react(chart, figure.data, layout, {
      responsive: true, displayModeBar: false, displaylogo: false, showLink: false,
    });
  }

  const drawAll = () => charts.forEach(draw);
  drawAll();
  dark.addEventListener("change", drawAll);

  // Paper is narrower than the screen, and always light.
  window.addEventListener("beforeprint", () => {
    charts.forEach((chart) => {
      const share = chart.closest(".grid3") ? 0.31 : chart.closest(".grid2") ? 0.47 : 1;
      chart.style.width = Math.round(680 * share) + "px";
      chart.style.minWidth = "0";
      draw(chart);
    });
  });
  window.addEventListener("afterprint", () => {
    charts.forEach((chart) => { chart.style.width = ""; chart.style.minWidth = ""; draw(chart); });
  });
})();
