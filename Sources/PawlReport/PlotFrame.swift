/// The axes of a picture: where a value goes, the grid and its labels.
struct PlotFrame {
  /// The area of the data.
  let plot: PlotLayout.Box
  /// Of the picture, or of its part above a note; the labels of x stand at its foot.
  let height: Double
  let xAxis: PlotAxis
  let yAxis: PlotAxis
  /// Left free at both ends of x, for marks that have a size.
  let inset: Double

  func x(_ value: Double) -> Double {
    plot.left + inset + (plot.right - plot.left - 2 * inset) * xAxis.share(value)
  }
  func y(_ value: Double) -> Double {
    plot.bottom - (plot.bottom - plot.top) * yAxis.share(value)
  }

  func svg(xTitle: String) -> String {
    var svg = ""
    for tick in yAxis.ticks {
      svg += "<path class=\"grid\" d=\"M\(plot.left.px) \(y(tick).px)H\(plot.right.px)\"/>"
      svg +=
        "<text class=\"tick y\" x=\"\((plot.left - 8).px)\" y=\"\((y(tick) + 4).px)\">\(yAxis.label(tick))</text>\n"
    }
    for tick in xAxis.ticks {
      svg += "<path class=\"axis\" d=\"M\(x(tick).px) \(plot.bottom.px)v5\"/>"
      svg += "<text class=\"tick x\" x=\"\(x(tick).px)\" y=\"\((height - 30).px)\">\(xAxis.label(tick))</text>\n"
    }
    svg += "<path class=\"axis\" d=\"M\(plot.left.px) \(plot.bottom.px)H\(plot.right.px)\"/>\n"
    let middle = (plot.left + plot.right) / 2
    return svg + "<text class=\"title x\" x=\"\(middle.px)\" y=\"\((height - 9).px)\">\(xTitle.escaped)</text>\n"
  }
}
