/** Style sheet of the report; light and dark by the reader's setting. */
export const reportStyle = `
:root { color-scheme: light dark; --ink: #0b0b0b; --soft: #52514e; --page: #f9f9f7; --box: #fcfcfb; --line: #e1e0d9; }
@media (prefers-color-scheme: dark) { :root { --ink: #fff; --soft: #c3c2b7; --page: #0d0d0d; --box: #1a1a19; --line: #383835; } }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 24px 16px 64px; }
h1 { font-size: 24px; margin: 0 0 8px; } h2 { font-size: 18px; margin: 32px 0 12px; } h3 { font-size: 15px; margin: 20px 0 6px; }
.summary { margin: 4px 0; max-width: 75ch; }
.note, .interval { color: var(--soft); font-size: 13px; } .note { margin: 0 0 6px; } .interval { display: block; white-space: nowrap; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 16px; }
figure { margin: 0; padding: 12px; min-width: 0; background: var(--box); border: 1px solid var(--line); border-radius: 8px; }
figcaption { font-weight: 600; } .plot { min-height: 220px; overflow: hidden; }
.u-legend { color: var(--soft); font-size: 13px; }
.wide { overflow-x: auto; } table { border-collapse: collapse; background: var(--box); font-variant-numeric: tabular-nums; }
th, td { border: 1px solid var(--line); padding: 6px 10px; text-align: left; vertical-align: top; } th { font-weight: 600; }
.texts td { min-width: 240px; white-space: pre-wrap; overflow-wrap: anywhere; }
details { margin: 8px 0; padding: 8px 12px; background: var(--box); border: 1px solid var(--line); border-radius: 8px; }
summary { cursor: pointer; overflow-wrap: anywhere; } pre { overflow-x: auto; font-size: 13px; } li { max-width: 75ch; }
.u-legend.u-inline .u-series > * { padding: 2px 4px; } .u-legend th, .u-legend td, .u-legend { border: 0; background: none; }
`;
