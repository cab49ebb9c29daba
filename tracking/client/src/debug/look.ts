// How panel and picker look. Sheets made by script: a strict policy forbids <style> elements, and not these.

const SHEET = `
.box, .bar { position: fixed; z-index: 3; right: 12px; bottom: 12px; width: 400px; max-width: calc(100vw - 24px);
  display: flex; flex-direction: column; overflow: hidden; background: #fff; color: #1c2430; border-radius: 12px;
  font: 13.5px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; text-align: left;
  box-shadow: 0 0 0 1px rgba(16, 24, 40, .14), 0 12px 36px rgba(16, 24, 40, .28); }
.box { height: min(600px, calc(100vh - 24px)); }
* { box-sizing: border-box; margin: 0; padding: 0; }
[hidden] { display: none !important; }
button { font: inherit; color: inherit; background: none; border: 1px solid transparent; border-radius: 8px; cursor: pointer; }
button:focus-visible, summary:focus-visible, [tabindex]:focus-visible { outline: 2px solid #3b5bdb; outline-offset: 1px; }
header { background: #1c2430; color: #fff; padding: 11px 10px 11px 16px; display: flex; gap: 10px; align-items: center; }
header div { flex: 1; min-width: 0; }
header b { display: block; font-weight: 600; font-size: 14px; }
header small { display: block; color: #b8c1cf; font-size: 12.5px; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
header button, .pill { flex: none; }
header button { width: 32px; height: 32px; font-size: 18px; line-height: 1; }
header button:hover { background: rgba(255, 255, 255, .14); }
header button:focus-visible, .pill:focus-visible { outline-color: #9fb3ff; }
.dot { flex: none; width: 9px; height: 9px; border-radius: 9px; background: #f2b705; }
.tools { display: flex; flex-wrap: wrap; gap: 8px; padding: 10px 16px; border-bottom: 1px solid #e4e8ee; align-items: center; }
.tools span { flex: 1; min-width: 120px; color: #5d6878; }
.plain { border-color: #cfd6e0; padding: 5px 12px; font-weight: 600; background: #fff; }
.plain:hover { background: #f3f5f8; }
.plain[aria-pressed="true"] { background: #e7ecff; border-color: #3b5bdb; color: #2540a8; }
.plain:disabled { opacity: .45; cursor: default; }
.main { background: #3b5bdb; border-color: #3b5bdb; color: #fff; padding: 5px 14px; font-weight: 600; }
.main:hover { background: #2f4cc4; }
[role=tablist] { display: flex; border-bottom: 1px solid #e4e8ee; padding: 0 8px; overflow-x: auto; flex: none; }
[role=tab] { border-radius: 0; padding: 9px 8px 8px; color: #5d6878; font-weight: 600; border-bottom: 2px solid transparent; white-space: nowrap; }
[role=tab]:focus-visible { outline-offset: -3px; }
[role=tab][aria-selected=true] { color: #2540a8; border-bottom-color: #3b5bdb; }
[role=tab] i { font-style: normal; font-weight: 400; color: #5d6878; margin-left: 5px; }
[role=tabpanel] { overflow-y: auto; overscroll-behavior: contain; flex: 1; min-height: 90px; }
[role=tabpanel]:focus-visible { outline-offset: -2px; }
ul { list-style: none; }
li { padding: 9px 16px; border-bottom: 1px solid #eef1f5; overflow-wrap: anywhere; }
li:last-child { border-bottom: 0; }
.page { background: #f6f7f9; color: #5d6878; font-size: 12.5px; padding: 4px 16px; }
.row { display: flex; gap: 8px; align-items: baseline; flex-wrap: wrap; }
.row b { font-weight: 600; }
time { color: #5d6878; font-variant-numeric: tabular-nums; font-size: 12.5px; flex: none; }
summary { cursor: pointer; border-radius: 6px; list-style: none; display: block; }
summary::-webkit-details-marker { display: none; }
summary .row::after { content: "▸"; color: #8a94a3; margin-left: auto; font-size: 11px; }
details[open] summary .row::after { content: "▾"; }
dl { display: grid; grid-template-columns: minmax(90px, auto) minmax(0, 1fr); gap: 2px 12px; margin: 7px 0 2px; padding: 8px 10px;
  background: #f6f7f9; border-radius: 8px; font-size: 12.5px; }
dt { color: #5d6878; }
dd, code { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 12.5px; overflow-wrap: anywhere; }
.soft { color: #5d6878; }
.chip { display: inline-block; border-radius: 6px; padding: 0 7px; font-size: 12px; font-weight: 600; line-height: 20px; background: #eef1f5; color: #5d6878; }
.good { background: #e6f5ee; color: #0f7b4f; }
.wait { background: #fdf3d8; color: #8a6100; }
.bad { background: #fdeae8; color: #b3261e; }
.info { background: #e7ecff; color: #2540a8; }
.note { padding: 10px 16px; }
.empty { padding: 26px 24px; color: #5d6878; text-align: center; }
footer { border-top: 1px solid #e4e8ee; padding: 10px 16px; display: flex; flex-wrap: wrap; gap: 8px; align-items: center; flex: none; }
footer span { flex: 1 1 130px; }
.end { border-top: 1px solid #e4e8ee; padding: 8px 16px; display: flex; justify-content: space-between; gap: 8px; align-items: center; }
.pill { position: fixed; z-index: 3; right: 12px; bottom: 12px; display: flex; gap: 8px; align-items: center; border-radius: 99px; background: #1c2430;
  color: #fff; padding: 9px 16px; font: 600 13.5px/20px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
  box-shadow: 0 6px 20px rgba(16, 24, 40, .35); }
.pill i { font-style: normal; font-weight: 400; color: #b8c1cf; }
.cover { position: fixed; inset: 0; z-index: 1; cursor: crosshair; }
.frame { position: fixed; z-index: 2; pointer-events: none; border: 2px solid #3b5bdb; border-radius: 4px; background: rgba(59, 91, 219, .16); }
.frame.other { border-style: dashed; background: none; }
.bar { gap: 10px; padding: 14px 16px; z-index: 4; }
.bar code { background: #f6f7f9; border: 1px solid #e4e8ee; border-radius: 8px; padding: 7px 10px; max-height: 90px; overflow-y: auto; }
.bar b { font-weight: 600; }
.several { display: flex; flex-wrap: wrap; gap: 8px; }
@media (max-width: 480px) {
  .box, .bar { right: 8px; bottom: 8px; width: calc(100vw - 16px); max-width: none; }
  .box { height: min(62vh, 520px); }
  header b { font-size: 13px; white-space: nowrap; }
  [role=tab] { padding: 10px 6px 9px; font-size: 13px; }
}
@media (prefers-reduced-motion: no-preference) { .box, .bar { animation: come .16s ease-out; } }
@keyframes come { from { opacity: 0; transform: translateY(8px); } }
`;

/** Gives the root the panel's look; an old browser shows it plainly. */
export const dress = (root: ShadowRoot): void => {
  if (!("adoptedStyleSheets" in root)) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(SHEET);
  root.adoptedStyleSheets = [sheet];
};
