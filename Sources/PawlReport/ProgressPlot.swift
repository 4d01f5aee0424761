import PawlCore

/// The picture of a study: every trial a dot, kept ones named, the head as a staircase, the noise as a band.
public enum ProgressPlot {
  /// Returns a standalone SVG that follows the reader's light or dark scheme; at least 320 by 220 pixels.
  ///
  /// Values far from the head's are clipped to the edge and marked by an arrow, so that the range that matters stays readable.
  public static func svg(_ input: ReportInput, width: Int, height: Int) -> String {
    let (width, height) = (min(max(width, 320), 20_000), min(max(height, 220), 20_000))
    let legend = PlotLegend(input, width: Double(width))
    let layout = PlotLayout(input, width: width, height: height, legendRows: legend.rows)
    let metric = input.configuration.metric
    let title = "\(metric.name) over the trials of \(input.configuration.name)"
    var svg = """
      <svg xmlns="http://www.w3.org/2000/svg" class="pawl-plot" viewBox="0 0 \(width) \(height)" width="\(width)" \
      height="\(height)" role="img" aria-label="\(title.escaped)">
      <style>\(style)</style>
      <clipPath id="pawl-area"><rect x="\(layout.plot.left.px)" y="\(layout.plot.top.px)" \
      width="\((layout.plot.right - layout.plot.left).px)" height="\((layout.plot.bottom - layout.plot.top).px)"/></clipPath>
      <rect class="paper" width="100%" height="100%"/>

      """
    svg += axes(layout, input)
    svg += legend.svg()
    svg += head(layout)
    svg += PlotMarks(input, layout: layout).svg()
    for label in layout.labels(input) {
      if label.leader.count == 2 { svg += "<path class=\"leader\" d=\"\(path(label.leader))\"/>\n" }
      let x = (label.box.left + label.box.right) / 2
      svg += "<text class=\"name\" x=\"\(x.px)\" y=\"\((label.box.bottom - 3.5).px)\">\(label.text.escaped)</text>\n"
    }
    if layout.dots.isEmpty, layout.crashes.isEmpty {
      let (x, y) = ((layout.plot.left + layout.plot.right) / 2, (layout.plot.top + layout.plot.bottom) / 2)
      svg += "<text class=\"empty\" x=\"\(x.px)\" y=\"\(y.px)\">nothing has been measured yet</text>\n"
    }
    return svg + "</svg>\n"
  }

  static func path(_ points: [PlotLayout.Point]) -> String {
    points.enumerated().map { "\($0.offset == 0 ? "M" : "L")\($0.element.x.px) \($0.element.y.px)" }.joined()
  }

  private static func axes(_ layout: PlotLayout, _ input: ReportInput) -> String {
    let metric = input.configuration.metric
    let plot = layout.plot
    let frame = PlotFrame(
      plot: plot, height: layout.height, xAxis: layout.xAxis, yAxis: layout.yAxis, inset: PlotLayout.inset)
    var svg = frame.svg(xTitle: "trial")
    let factor = layout.yAxis.exponent == 0 ? "" : " (\(NumberStyle.times(layout.yAxis.exponent)))"
    let hint = metric.direction == .minimize ? "↓ lower is better" : "↑ higher is better"
    svg += "<text class=\"title\" x=\"14\" y=\"20\">\((metric.name.abbreviated(to: 40) + factor).escaped)"
    svg += "<tspan class=\"hint\" dx=\"10\">\(hint)</tspan></text>\n"
    let beyond = layout.dots.count { $0.clip != .none }
    if beyond > 0 {
      let count = input.isThinned ? "some" : "\(beyond)"
      let note = "△ \(count) beyond the range shown"
      svg += "<text class=\"beyond\" x=\"\(plot.right.px)\" y=\"20\">\(note)</text>\n"
    }
    if !layout.crashes.isEmpty {
      svg += "<text class=\"tick y\" x=\"\((plot.left - 8).px)\" y=\"\((plot.bottom + 17).px)\">crashed</text>\n"
    }
    return svg
  }

  /// The staircase with one and two sigma around it.
  private static func head(_ layout: PlotLayout) -> String {
    guard layout.staircase.count > 1 else { return "" }
    var svg = "<g clip-path=\"url(#pawl-area)\">\n"
    if let noise = layout.noise {
      for (name, times) in [("band2", 2.0), ("band1", 1.0)] {
        let upper = layout.staircase.map { PlotLayout.Point(x: $0.x, y: $0.y - times * noise) }
        let lower = layout.staircase.reversed().map { PlotLayout.Point(x: $0.x, y: $0.y + times * noise) }
        svg += "<path class=\"\(name)\" d=\"\(path(upper + lower))Z\"/>\n"
      }
    }
    return svg + "<path class=\"head\" d=\"\(path(layout.staircase))\"/>\n</g>\n"
  }

  static let style = """
    .pawl-plot{--ink:#1c2430;--soft:#66707f;--line:#e3e7ed;--paper:#fff;--good:#168a4a;--idle:#8b95a5;--warn:#c98500;\
    --bad:#c5362f;--gold:#f2b01e;font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
    @media screen and (prefers-color-scheme:dark){.pawl-plot{--ink:#e6eaf0;--soft:#98a3b3;--line:#2a323d;--paper:#151a21;\
    --good:#3ecf7f;--idle:#7a8698;--warn:#e8ad3a;--bad:#ff7066;--gold:#ffc94a}}
    .pawl-plot .paper{fill:var(--paper)}.pawl-plot .grid{stroke:var(--line)}.pawl-plot .axis{stroke:var(--soft);fill:none}
    .pawl-plot text{fill:var(--ink);font-size:11px}.pawl-plot .tick{fill:var(--soft);font-variant-numeric:tabular-nums}
    .pawl-plot .y{text-anchor:end}.pawl-plot .x{text-anchor:middle}.pawl-plot .title{font-size:13px;font-weight:600}
    .pawl-plot .hint,.pawl-plot .legend{fill:var(--soft);font-weight:400;font-size:12px}
    .pawl-plot .band1,.pawl-plot .band2{fill:var(--good);opacity:.13}.pawl-plot .band2{opacity:.07}
    .pawl-plot .head{fill:none;stroke:var(--good);stroke-width:2;stroke-linejoin:round}
    .pawl-plot .kept{fill:var(--good);stroke:var(--paper)}.pawl-plot .baseline{fill:var(--ink);stroke:var(--paper)}
    .pawl-plot .discarded{fill:var(--paper);fill-opacity:.6;stroke:var(--idle)}
    .pawl-plot .inconclusive{fill:var(--paper);fill-opacity:.6;stroke:var(--warn);stroke-width:1.4}
    .pawl-plot .pending{fill:none;stroke:var(--idle);stroke-dasharray:2 1.5}
    .pawl-plot .star{fill:var(--gold);stroke:var(--good);stroke-width:1.4;stroke-linejoin:round}
    .pawl-plot .crash{stroke:var(--bad);stroke-width:1.3;fill:none;opacity:.8}.pawl-plot .clip{opacity:.85}
    .pawl-plot .many{fill:none;fill-opacity:0;stroke-linecap:round;stroke-width:2.6;stroke-dasharray:none;opacity:.5}
    .pawl-plot .name{font-weight:500;text-anchor:middle;paint-order:stroke;stroke:var(--paper);stroke-width:3.5px;\
    stroke-linejoin:round}
    .pawl-plot .leader{stroke:var(--soft);stroke-width:.8;fill:none;opacity:.8}
    .pawl-plot .beyond{text-anchor:end;fill:var(--soft)}.pawl-plot .empty{text-anchor:middle;fill:var(--soft);font-size:14px}
    """
}

extension Double {
  /// A coordinate: one decimal is finer than any screen.
  var px: String {
    let text = (isFinite ? self : 0).fixed(decimals: 1)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
