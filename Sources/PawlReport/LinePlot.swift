/// Lines over one axis, each named at its end: a standalone SVG that follows the reader's light or dark scheme.
public struct LinePlot: Sendable {
  /// How a line is drawn; the same ink means the same thing in every picture.
  public enum Ink: String, Sendable, CaseIterable { case good, bad, careful, accent, soft }
  public struct Line: Sendable {
    public var name: String
    public var ink: Ink
    public var isDashed: Bool
    /// Drawn heavier, and above the others.
    public var isMain: Bool
    /// By ascending x; both finite, others are left out.
    public var points: [(x: Double, y: Double)]
    public init(name: String, ink: Ink, isDashed: Bool = false, isMain: Bool = false, points: [(x: Double, y: Double)])
    {
      self.name = name
      self.ink = ink
      self.isDashed = isDashed
      self.isMain = isMain
      self.points = points
    }
  }

  public var title: String
  /// Beside the title: what is better.
  public var hint: String
  public var xTitle: String
  /// At the foot, where it can be long.
  public var note: String
  public var lines: [Line]
  public init(title: String, hint: String, xTitle: String, note: String, lines: [Line]) {
    self.title = title
    self.hint = hint
    self.xTitle = xTitle
    self.note = note
    self.lines = lines
  }

  /// At least 480 by 260 pixels.
  public func svg(width: Int, height: Int) -> String {
    let (width, height) = (min(max(width, 480), 20_000), min(max(height, 260), 20_000))
    let lines = lines.map { line in
      var line = line
      line.points = line.points.filter { $0.x.isFinite && $0.y.isFinite && $0.y.magnitude < 1e300 }
      return line
    }.filter { !$0.points.isEmpty }
    let names = lines.map { PlotLayout.width(of: $0.name) * LinePlot.nameScale }.max() ?? 0
    let frame = PlotFrame(
      plot: .init(left: 78, top: 44, right: Double(width) - names - 34, bottom: Double(height) - 72),
      height: Double(height) - 20,
      xAxis: axis(lines.flatMap { $0.points.map(\.x) } + [0], each: 90, of: Double(width), whole: true),
      yAxis: axis(lines.flatMap { $0.points.map(\.y) } + [0], each: 55, of: Double(height), whole: false), inset: 0)
    var svg = """
      <svg xmlns="http://www.w3.org/2000/svg" class="pawl-plot" viewBox="0 0 \(width) \(height)" width="\(width)" \
      height="\(height)" role="img" aria-label="\(title.escaped)">
      <style>\(ProgressPlot.style)
      \(LinePlot.style)</style>
      <rect class="paper" width="100%" height="100%"/>

      """
    svg += frame.svg(xTitle: xTitle)
    let factor = frame.yAxis.exponent == 0 ? "" : " (\(NumberStyle.times(frame.yAxis.exponent)))"
    svg += "<text class=\"title\" x=\"14\" y=\"22\">\((title + factor).escaped)"
    svg += "<tspan class=\"hint\" dx=\"10\">\(hint.escaped)</tspan></text>\n"
    svg += "<text class=\"note\" x=\"14\" y=\"\(Double(height - 9).px)\">\(note.escaped)</text>\n"
    if frame.yAxis.low < 0 {
      svg += "<path class=\"axis\" d=\"M\(frame.plot.left.px) \(frame.y(0).px)H\(frame.plot.right.px)\"/>\n"
    }
    for line in lines.filter({ !$0.isMain }) + lines.filter(\.isMain) {
      let path = ProgressPlot.path(line.points.map { .init(x: frame.x($0.x), y: frame.y($0.y)) })
      let kind = "line \(line.ink.rawValue)" + (line.isMain ? " main" : "") + (line.isDashed ? " dashed" : "")
      svg += "<path class=\"\(kind)\" d=\"\(path)\"><title>\(line.name.escaped)</title></path>\n"
    }
    let ends = lines.map { frame.y($0.points.last?.y ?? 0) }
    for (line, y) in zip(lines, LinePlot.spread(ends, by: 16, above: frame.plot.bottom + 4)) {
      svg += "<text class=\"end \(line.ink.rawValue)\(line.isMain ? " main" : "")\" "
      svg += "x=\"\((frame.plot.right + 8).px)\" y=\"\((y + 4).px)\">\(line.name.escaped)</text>\n"
    }
    return svg + "</svg>\n"
  }

  /// Names are 12 pixels high, and heavy ones are wider.
  private static let nameScale = 1.17

  private func axis(_ values: [Double], each pixels: Double, of size: Double, whole: Bool) -> PlotAxis {
    let (low, high) = (values.min() ?? 0, values.max() ?? 1)
    let pad = whole ? 0 : (high - low) * 0.04
    return PlotAxis(
      low: low < 0 ? low - pad : low, high: high + pad, count: min(10, max(2, Int(size / pixels) - 1)), whole: whole)
  }

  /// Returns places as near to the wanted ones as their order and a distance of `gap` allow.
  static func spread(_ wanted: [Double], by gap: Double, above floor: Double) -> [Double] {
    let order = wanted.indices.sorted { wanted[$0] != wanted[$1] ? wanted[$0] < wanted[$1] : $0 < $1 }
    var places = wanted
    for (above, below) in zip(order, order.dropFirst()) {
      places[below] = max(places[below], places[above] + gap)
    }
    var limit = floor
    for index in order.reversed() {
      places[index] = min(places[index], limit)
      limit = places[index] - gap
    }
    return places
  }

  static let style = """
    .pawl-plot{--accent:#2559c7}
    @media screen and (prefers-color-scheme:dark){.pawl-plot{--accent:#7aa7ff}}
    .pawl-plot .line{fill:none;stroke-width:1.7;stroke-linejoin:round}.pawl-plot .line.main{stroke-width:3}
    .pawl-plot .dashed{stroke-dasharray:5 3.5}
    .pawl-plot .good{stroke:var(--good)}.pawl-plot .bad{stroke:var(--bad)}.pawl-plot .careful{stroke:var(--warn)}
    .pawl-plot .accent{stroke:var(--accent)}.pawl-plot .soft{stroke:var(--soft)}
    .pawl-plot .end{font-size:12px;stroke:none}.pawl-plot .end.main{font-weight:600}
    .pawl-plot .end.good{fill:var(--good)}.pawl-plot .end.bad{fill:var(--bad)}.pawl-plot .end.careful{fill:var(--warn)}
    .pawl-plot .end.accent{fill:var(--accent)}.pawl-plot .end.soft{fill:var(--soft)}
    .pawl-plot .note{fill:var(--soft)}
    """
}
