// Charts are drawn from the JSON in data-chart. ECharts comes with the first of them, not before.
export async function drawCharts(root) {
  const places = [...root.querySelectorAll("[data-chart]")];
  if (places.length === 0) return;
  const { draw } = await import("./drawing.js");
  for (const place of places) draw(place);
}
