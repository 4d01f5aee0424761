/// The page's own style and script; both stand inside the page.
enum ReportStyle {
  static let css = """

    :root{--ink:#1c2430;--soft:#5b6675;--line:#e1e6ed;--paper:#fff;--ground:#f4f6f9;--good:#168a4a;--good-bg:#e2f5e9;\
    --warn:#9a6500;--warn-bg:#fdf1d7;--bad:#b92d27;--bad-bg:#fde6e4;--idle-bg:#edf0f4;--accent:#2559c7}
    @media screen and (prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#98a3b3;--line:#2a323d;--paper:#151a21;\
    --ground:#0d1117;--good:#3ecf7f;--good-bg:#12321f;--warn:#e8ad3a;--warn-bg:#352a10;--bad:#ff7d74;--bad-bg:#3a1917;\
    --idle-bg:#222a34;--accent:#7aa7ff}}
    *{box-sizing:border-box}html{-webkit-text-size-adjust:100%}
    body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,\
    "Noto Sans",sans-serif}
    main{max-width:1180px;margin:0 auto;padding:28px 24px 60px}
    h1{font-size:30px;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em;overflow-wrap:anywhere}
    h2{font-size:19px;margin:38px 0 12px;letter-spacing:-.005em}
    h3{font-size:13px;font-weight:600;color:var(--soft);margin:0 0 6px}
    p{margin:6px 0}i{font-style:normal;color:var(--soft)}a{color:var(--accent)}
    .brand{margin:0 0 2px;font-weight:600;color:var(--good)}.soft,footer{color:var(--soft)}footer{margin-top:40px}
    nav{display:flex;flex-wrap:wrap;gap:4px 18px;margin:10px 0 20px}nav a{text-decoration:none}nav a:hover{text-decoration:underline}
    .card,.tile{background:var(--paper);border:1px solid var(--line);border-radius:10px}
    .tiles{display:flex;flex-wrap:wrap;gap:14px;margin-bottom:14px}
    .tile{padding:14px 18px;flex:1 1 210px}.tile.wide{flex:1 1 calc(50% - 14px)}.tile .soft{font-size:13.5px;line-height:1.42}
    .big{font-size:27px;line-height:1.2;margin:2px 0 6px;font-variant-numeric:tabular-nums;letter-spacing:-.015em}
    .keep,.keep code{white-space:nowrap}.wide .big{font-size:31px}.range{font-size:16px;color:var(--soft);letter-spacing:0;margin-left:6px}.from{color:var(--soft)}.quiet{color:var(--soft);font-size:22px}
    .shift{font-size:17px;font-weight:600;color:var(--good);margin-left:8px;white-space:nowrap;letter-spacing:0}
    .shift.worse{color:var(--bad)}
    .pill{display:inline-block;font-size:12px;font-weight:600;line-height:1.3;padding:2px 9px;border-radius:99px;\
    background:var(--idle-bg);color:var(--soft);vertical-align:middle;letter-spacing:0;white-space:nowrap}
    .pill.kept,.pill.running{background:var(--good-bg);color:var(--good)}
    .pill.inconclusive{background:var(--warn-bg);color:var(--warn)}.pill.crashed{background:var(--bad-bg);color:var(--bad)}
    .plot{margin:0;padding:8px;overflow-x:auto}.plot svg{display:block;width:100%;min-width:660px;height:auto}
    .halves{display:flex;flex-wrap:wrap;gap:14px;margin:14px 0}.plot.half{flex:1 1 420px;min-width:0}.plot.half svg{min-width:440px}\
    .findings{padding:12px 18px 12px 34px;margin:14px 0}#ladder h3{margin:22px 0 8px;font-size:16px}#ladder .plot{margin:0 0 14px}#ladder .half{margin:0}\
    #generations h3{margin:22px 0 8px;font-size:16px}#generations .plot{margin:14px 0}
    .scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:14px}
    th{text-align:left;font-weight:600;color:var(--soft);white-space:nowrap;vertical-align:bottom}
    th,td{padding:7px 12px;border-bottom:1px solid var(--line)}td{vertical-align:top}
    tbody tr:last-child td{border-bottom:0}tbody tr:hover td{background:var(--ground)}
    .n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}.text{min-width:220px;overflow-wrap:anywhere}
    .words{min-width:150px}.seeds{min-width:150px;max-width:220px;font-size:12px;overflow-wrap:break-word}
    .plus{color:var(--good)}.minus{color:var(--bad)}.warn{color:var(--warn)}
    code,pre{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:12.5px}
    code{overflow-wrap:anywhere}dd code{font-size:13.5px}pre{margin:10px 0;padding:12px 16px;overflow-x:auto;line-height:1.5;tab-size:4}
    .diff{padding:10px 0;max-height:640px;overflow:auto}.diff span{display:block;min-width:max-content;padding:0 16px;white-space:pre}
    .diff .add{background:var(--good-bg);color:var(--good)}.diff .del{background:var(--bad-bg);color:var(--bad)}
    .diff .hunk{color:var(--accent)}.diff .meta{color:var(--soft)}.diff .file{font-weight:700}
    dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:6px 22px;margin:0;padding:14px 18px}
    dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}ul{margin:0;padding-left:20px}li{margin:5px 0}
    .js .sortable th{cursor:pointer}.sortable th[aria-sort=ascending]::after{content:" ↑"}
    .sortable th[aria-sort=descending]::after{content:" ↓"}
    @media(max-width:800px){.tile.wide{flex-basis:100%}}
    @media(max-width:560px){main{padding:18px 12px 40px}.tile{flex-basis:100%}\
    dl{grid-template-columns:minmax(0,1fr)}dd{margin-bottom:8px}.wide .big{font-size:26px}}
    @media print{body{background:#fff;font-size:11px}nav,script{display:none}main{max-width:none;padding:0}.diff{max-height:none}\
    .card,.tile{break-inside:avoid}.scroll,.diff{break-inside:auto;overflow:visible}tr{break-inside:avoid}\
    .diff span{white-space:pre-wrap;min-width:0}.text{min-width:120px}table{font-size:10px}th,td{padding:4px 6px}\
    *{-webkit-print-color-adjust:exact;print-color-adjust:exact}}

    """

  /// Sorts a table by the clicked heading: numbers by value, absent ones last.
  static let script = """

    document.documentElement.classList.add('js');
    document.querySelectorAll('.sortable th').forEach((th, column) => th.addEventListener('click', () => {
      const up = th.getAttribute('aria-sort') !== 'ascending', body = th.closest('table').tBodies[0];
      const key = row => { const cell = row.cells[column], text = cell.dataset.v ?? cell.textContent.trim();
        return cell.classList.contains('n') ? (text === '' || isNaN(text) ? null : Number(text)) : text; };
      const rows = [...body.rows].map(row => [key(row), row]).sort(([a], [b]) => a === null ? (b === null ? 0 : 1)
        : b === null ? -1 : (up ? 1 : -1) * (typeof a === 'number' ? a - b : a.localeCompare(b)));
      th.parentNode.querySelectorAll('th').forEach(other => other.removeAttribute('aria-sort'));
      th.setAttribute('aria-sort', up ? 'ascending' : 'descending');
      body.append(...rows.map(pair => pair[1]));
    }));

    """
}
