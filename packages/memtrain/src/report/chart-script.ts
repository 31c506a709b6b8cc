/** Browser code that draws `plots` with uPlot; redraws when the width or the colour scheme changes. */
export const chartScript = `
const palette = ['#3987e5', '#d95926', '#199e70', '#c98500', '#9085e9', '#d55181'];
const dark = matchMedia('(prefers-color-scheme: dark)');
const holders = [...document.querySelectorAll('[data-plot]')];
function draw() {
  const ink = dark.matches ? '#c3c2b7' : '#52514e';
  const grid = dark.matches ? '#383835' : '#e1e0d9';
  const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 } };
  for (const holder of holders) {
    const plot = plots[Number(holder.dataset.plot)];
    holder.replaceChildren();
    new uPlot({
      width: holder.clientWidth, height: 220,
      scales: { x: { time: false } },
      axes: [{ ...axis, label: 'update', labelSize: 18, labelFont: '12px system-ui' }, { ...axis, size: 56 }],
      series: [{ label: 'update' }, ...plot.names.map((name, index) => ({
        label: name, stroke: palette[index % palette.length], width: 2, spanGaps: true,
        dash: index < palette.length ? undefined : [6, 4], points: { show: plot.data[0].length < 40 },
      }))],
    }, plot.data, holder);
  }
}
let width = 0;
new ResizeObserver(() => { if (innerWidth !== width) { width = innerWidth; draw(); } }).observe(document.body);
dark.addEventListener('change', draw);
`;
