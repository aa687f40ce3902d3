// What charts look like: lines, areas, bars and heat maps in the colours of the page.
import { BarChart, HeatmapChart, LineChart } from "echarts/charts";
import {
  AriaComponent,
  GridComponent,
  LegendComponent,
  TooltipComponent,
  VisualMapComponent,
} from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

use([
  AriaComponent, BarChart, CanvasRenderer, GridComponent, HeatmapChart, LegendComponent,
  LineChart, TooltipComponent, VisualMapComponent,
]);

const drawn = new Map();

// A variable may be made of others, in any notation: the browser is asked what comes of it, as
// the red, green and blue of one pixel, which is all that ECharts understands.
const pixel = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

function colour(name) {
  const probe = document.createElement("i");
  probe.style.color = `var(--tblr-${name})`;
  document.body.append(probe);
  pixel.fillStyle = getComputedStyle(probe).color;
  probe.remove();
  pixel.clearRect(0, 0, 1, 1);
  pixel.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = pixel.getImageData(0, 0, 1, 1).data;
  return `rgba(${red}, ${green}, ${blue}, ${alpha / 255})`;
}

// Amounts come as whole fen; a chart alone may divide, nobody calculates with what it shows.
function format(language, unit) {
  const digits = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  if (unit === "percent") return (value) => `${digits.format(value / 10000)}%`;
  if (unit === "money") return (value) => `¥${digits.format(value / 100)}`;
  if (unit === "points") return (value) => digits.format(value / 100);
  return (value) => digits.format(value);
}

function short(language, unit) {
  const digits = new Intl.NumberFormat(language, { notation: "compact", maximumFractionDigits: 1 });
  if (unit === "percent") return (value) => `${digits.format(value / 10000)}%`;
  if (unit === "money") return (value) => `¥${digits.format(value / 100)}`;
  return (value) => digits.format(unit === "count" ? value : value / 100);
}

// Names stand all there, in several lines where they are long; of many days some are enough.
const BESIDE = 80;

function names(said, width) {
  const line = Math.floor((width - BESIDE) / said.x.length);
  return said.kind === "bar" && said.x.length < 7 && { interval: 0, width: line, overflow: "break" };
}

function option(said, language, width) {
  const ink = colour("secondary");
  const line = colour("border-color");
  const shown = format(language, said.unit);
  const axis = { axisLabel: { color: ink }, axisLine: { lineStyle: { color: line } } };
  const base = {
    animation: false,
    aria: { enabled: true, label: { description: said.label } },
    textStyle: { fontFamily: "inherit" },
    tooltip: {
      renderMode: "richText",
      confine: true,
      backgroundColor: colour("bg-surface"),
      borderColor: line,
      textStyle: { color: colour("body-color") },
    },
  };
  if (said.kind === "heat") {
    const cut = { width: width < 600 ? 72 : 132, overflow: "truncate" };
    return {
      ...base,
      tooltip: {
        ...base.tooltip,
        formatter: ({ data }) => `${said.y[data[1]]} → ${said.x[data[0]]}\n${shown(data[2])}`,
      },
      grid: { left: 8, right: 8, top: 8, bottom: 8, containLabel: true },
      xAxis: { type: "category", data: said.x, ...axis, axisLabel: { color: ink, rotate: 40, ...cut } },
      yAxis: { type: "category", data: said.y, inverse: true, ...axis, axisLabel: { color: ink, ...cut } },
      visualMap: {
        show: false,
        min: 0,
        max: Math.max(1, ...said.cells.map((cell) => cell[2])),
        inRange: { color: [colour("heat-low"), colour("primary")] },
      },
      series: [{ type: "heatmap", data: said.cells }],
    };
  }
  const stacked = said.kind === "stack";
  return {
    ...base,
    color: [
      "primary", "azure", "teal", "purple", "yellow", "pink", "indigo", "lime", "cyan", "orange",
      "green", "red",
    ].map(colour),
    tooltip: { ...base.tooltip, trigger: "axis", valueFormatter: shown },
    // One line that scrolls: a second one would lie on the labels of the axis.
    legend: {
      show: said.series.length > 1, type: "scroll", bottom: 0, textStyle: { color: ink },
      pageTextStyle: { color: ink }, pageIconColor: ink, pageIconInactiveColor: line,
    },
    grid: {
      left: 8,
      right: 24,
      top: said.scale ? 32 : 16,
      bottom: (said.series.length > 1 ? 32 : 8) + (said.across ? 20 : 0),
      containLabel: true,
    },
    xAxis: {
      type: "category",
      data: said.x,
      boundaryGap: said.kind === "bar",
      name: said.across,
      nameLocation: "middle",
      nameGap: 28,
      nameTextStyle: { color: ink },
      ...axis,
      axisLabel: {
        color: ink,
        ...names(said, width),
      },
    },
    yAxis: {
      type: "value",
      name: said.scale,
      nameTextStyle: { color: ink, align: "left" },
      axisLabel: { color: ink, formatter: short(language, said.unit) },
      splitLine: { lineStyle: { color: line } },
    },
    series: said.series.map((series) => ({
      name: series.name,
      data: series.values,
      type: said.kind === "bar" ? "bar" : "line",
      stack: stacked ? "all" : undefined,
      areaStyle: stacked || said.kind === "area" ? { opacity: 0.15 } : undefined,
      lineStyle: { width: 2, type: series.dashed ? "dashed" : "solid" },
      showSymbol: series.values.length < 2,
      barMaxWidth: 28,
    })),
  };
}

export function draw(place) {
  const chart = drawn.get(place) ?? init(place);
  drawn.set(place, chart);
  const said = JSON.parse(place.dataset.chart);
  chart.setOption(option(said, document.documentElement.lang, place.clientWidth), true);
  place.dataset.drawn = "yes";
}

function again(each) {
  for (const [place, chart] of drawn) {
    if (place.isConnected) each(place, chart);
    else drawn.delete(place) && chart.dispose();
  }
}

addEventListener("resize", () => again((_, chart) => chart.resize()));
document.addEventListener("theme", () => again(draw));
