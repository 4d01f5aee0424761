import PawlCore

/// What the pictures of the ladder share: an SVG's shell, error bars, and labels that keep out of each other's way.
struct LadderPlot {
  let width: Double
  let height: Double
  let title: String
  let hint: String

  func svg(_ body: String) -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" class="pawl-plot" viewBox="0 0 \(width.px) \(height.px)" width="\(width.px)" \
    height="\(height.px)" role="img" aria-label="\(title.escaped)">
    <style>\(ProgressPlot.style)
    \(LinePlot.style)
    \(LadderPlot.style)</style>
    <rect class="paper" width="100%" height="100%"/>
    <text class="title" x="14" y="22">\(title.escaped)<tspan class="hint" dx="10">\(hint.escaped)</tspan></text>
    \(body)</svg>

    """
  }

  /// A circle with its standard errors; an error that leaves the picture ends at its edge.
  static func mark(
    _ kind: String, x: Double, y: Double, bar: (low: Double, high: Double)?, radius: Double = 4.5, words: String
  ) -> String {
    var svg = "<g class=\"\(kind)\"><title>\(words.escaped)</title>"
    if let bar {
      svg += "<path class=\"bar\" d=\"M\(x.px) \(bar.low.px)V\(bar.high.px)"
      svg += "M\((x - 3).px) \(bar.low.px)h6M\((x - 3).px) \(bar.high.px)h6\"/>"
    }
    return svg + "<circle cx=\"\(x.px)\" cy=\"\(y.px)\" r=\"\(radius.px)\"/></g>\n"
  }

  /// A legend in one row that ends at the right edge.
  static func legend(_ entries: [(kind: String, words: String)], right: Double, y: Double) -> String {
    var x = right
    var svg = ""
    for entry in entries.reversed() {
      x -= PlotLayout.width(of: entry.words) * 1.1 + 6
      svg += "<text class=\"legend\" x=\"\(x.px)\" y=\"\((y + 4).px)\">\(entry.words.escaped)</text>"
      x -= 10
      svg += mark(entry.kind, x: x, y: y, bar: nil, words: entry.words)
      x -= 14
    }
    return svg
  }

  static let style = """
    .pawl-plot .bar{fill:none;stroke-width:1.4;opacity:.85}.pawl-plot .certified .bar{stroke:var(--good)}
    .pawl-plot .certified circle{fill:var(--good);stroke:var(--paper)}
    .pawl-plot .failed circle{fill:var(--paper);stroke:var(--bad);stroke-width:1.8}.pawl-plot .failed .bar{stroke:var(--bad)}
    .pawl-plot .awaited circle{fill:var(--paper);stroke:var(--idle);stroke-width:1.4;stroke-dasharray:2.5 2}
    .pawl-plot .awaited .bar{stroke:var(--idle);stroke-dasharray:3 2.5}
    .pawl-plot .base circle{fill:var(--soft);stroke:var(--paper)}.pawl-plot .base .bar{stroke:var(--soft)}
    .pawl-plot .small{font-size:11px;fill:var(--soft);paint-order:stroke;stroke:var(--paper);stroke-width:3.5px}
    .pawl-plot .big{font-size:13px;font-weight:600;fill:var(--good);paint-order:stroke;stroke:var(--paper);stroke-width:4px}
    .pawl-plot .middle{text-anchor:middle}.pawl-plot .end-side{text-anchor:end}
    """
}

/// Text boxes that were placed already: what would cover one of them is moved or left out.
struct LabelSpace {
  private var taken: [PlotLayout.Box]
  private let area: PlotLayout.Box

  init(_ area: PlotLayout.Box, taken: [PlotLayout.Box] = []) {
    self.area = area
    self.taken = taken
  }

  /// Returns the label beside a mark, on the side that is free; nothing where none is.
  mutating func label(_ text: String, x: Double, y: Double, distance: Double = 8) -> String {
    let width = PlotLayout.width(of: text) * 1.05
    let places = [
      (x + distance, y + 4), (x - distance - width, y + 4), (x - width / 2, y - distance - 2),
      (x - width / 2, y + distance + 11), (x + distance, y - 9), (x - distance - width, y - 9),
      (x + distance, y + 17), (x - distance - width, y + 17),
    ]
    for (left, base) in places {
      let box = PlotLayout.Box(left: left, top: base - 11, right: left + width, bottom: base + 2)
      guard box.left >= area.left, box.right <= area.right, box.top >= area.top, box.bottom <= area.bottom,
        !taken.contains(where: { $0.overlaps(box) })
      else { continue }
      taken.append(box)
      return "<text class=\"small\" x=\"\(left.px)\" y=\"\(base.px)\">\(text.escaped)</text>\n"
    }
    return ""
  }
}
