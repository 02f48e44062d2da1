/** The colours. Each text has a contrast of 4.5 and more on its ground (WCAG 2.2, 1.4.3), and each drawing one of 3 and more (1.4.11). */
export const COLOURS = {
  light: {
    ground: '#ffffff',
    text: '#1b1c21',
    quiet: '#4b4d58',
    line: '#767985',
    raised: '#f3f4f7',
    warning: '#fff1cc',
    good: '#00734f',
    bad: '#b3261e',
    late: '#8a5a00',
    none: '#6a6d79',
    moved: '#1c5fb8',
    withdrawn: '#8d6bb8',
    open: '#767985',
    step: '#34557f',
  },
  dark: {
    ground: '#15161b',
    text: '#ecedf2',
    quiet: '#b9bbc7',
    line: '#8b8e9b',
    raised: '#22242b',
    warning: '#40330a',
    good: '#4fc79a',
    bad: '#ff8a80',
    late: '#f0b849',
    none: '#a9adba',
    moved: '#7fb2ff',
    withdrawn: '#c9a6f2',
    open: '#8b8e9b',
    step: '#9db8dd',
  },
} as const;

const properties = (colours: Readonly<Record<string, string>>) =>
  Object.entries(colours)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';');

/** The colours of drawings. */
export const SERIES = ['good', 'bad', 'late', 'none', 'moved', 'withdrawn', 'open', 'step'] as const;

/** The page's style sheet. */
export const STYLE = `
:root{color-scheme:light;${properties(COLOURS.light)}}
@media screen and (prefers-color-scheme:dark){:root{color-scheme:dark;${properties(COLOURS.dark)}}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
main{max-width:72rem;margin:0 auto;padding:1rem clamp(1rem,4vw,3rem) 3rem}
h1{font-size:1.6rem;line-height:1.25;margin:1rem 0 .5rem}
h2{font-size:1.2rem;line-height:1.3;margin:2.5rem 0 .5rem;break-after:avoid}
p,.words{max-width:46rem}
p{margin:.5rem 0 1rem}
.lead{font-size:1.1rem}
.id,code,pre{font-family:ui-monospace,monospace;font-size:.95em}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,13rem),1fr));gap:.75rem;margin:1rem 0}
.figures>div{background:var(--raised);border:1px solid var(--line);border-radius:.5rem;padding:.75rem 1rem;display:flex;flex-direction:column;justify-content:space-between}
.figures dt{color:var(--quiet)}
.figures dd{margin:.25rem 0 0;font-size:1.6rem;font-weight:600;font-variant-numeric:tabular-nums}
.words>div{margin:0 0 .5rem}
.words dt{font-weight:600}
.words dd{margin:0}
.warning{background:var(--warning);border-left:.3rem solid var(--line);padding:.75rem 1rem}
.scroll{overflow-x:auto;margin:.5rem 0 1rem}
.scroll:focus-visible{outline:3px solid var(--text);outline-offset:2px}
table{border-collapse:collapse;min-width:100%;overflow-wrap:normal}
caption{text-align:left;color:var(--quiet);padding:.25rem 0 .5rem}
caption span{position:sticky;left:0;display:inline-block;max-width:calc(100vw - 2rem)}
th,td{padding:.4rem .75rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
thead th{background:var(--raised)}
thead th,td{white-space:nowrap}
tbody th{font-weight:400;min-width:9rem;overflow-wrap:break-word;font-variant-numeric:tabular-nums}
.count{text-align:right;font-variant-numeric:tabular-nums}
pre{background:var(--raised);border:1px solid var(--line);border-radius:.5rem;padding:.75rem 1rem;margin:0;width:max-content;min-width:100%}
a{color:var(--moved)}
figure{margin:1rem 0}
figcaption,.note,.legend,.timeline span{color:var(--quiet)}
.bars,.legend,.timeline{list-style:none;padding:0;margin:.5rem 0}
.bars>li{margin:0 0 .6rem}
.bars strong{font-variant-numeric:tabular-nums}
.bars svg{display:block;width:100%;height:1.1rem;background:var(--raised)}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1rem}
.legend svg{width:.8em;height:.8em;margin-right:.4em}
.days{display:block;font-size:12px;font-variant-numeric:tabular-nums}
.axis line{stroke:var(--raised)}
.axis text{fill:var(--quiet)}
${SERIES.map((name) => `rect.${name}{fill:var(--${name})}`).join('')}
.timeline>li{border-left:.25rem solid var(--line);padding:.1rem 0 .6rem 1rem}
.timeline .done{border-color:var(--good)}
.timeline .now{border-color:var(--moved);background:var(--raised)}
details{margin:.5rem 0}
summary{cursor:pointer}
.files{margin:.25rem 0;padding-left:1.25rem}
@media print{body{font-size:9pt}main{max-width:none;padding:0}.scroll{overflow:visible}th,td{padding:.25rem .4rem}thead th{white-space:normal}pre{white-space:pre-wrap;width:auto}tr,.figures>div{break-inside:avoid}thead{display:table-header-group}}
`;
