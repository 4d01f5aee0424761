import Testing

@testable import PawlReport

@Suite struct LinePlotTests {
  private func plot(_ lines: [LinePlot.Line]) -> LinePlot {
    LinePlot(title: "progress <b>", hint: "↑ higher is better", xTitle: "attempts", note: "seed 1 & more", lines: lines)
  }

  @Test func `each line is drawn once and named at its end`() {
    let svg = plot([
      .init(name: "ours", ink: .good, isMain: true, points: [(0, 0), (100, 5)]),
      .init(name: "oracle", ink: .soft, isDashed: true, points: [(0, 0), (100, 9)]),
    ]).svg(width: 960, height: 480)
    #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
    #expect(svg.contains(#"<path class="line good main""#) && svg.contains(#"<path class="line soft dashed""#))
    for name in ["ours", "oracle"] { #expect(svg.split(separator: ">\(name)</text>").count == 2) }
    #expect(svg.contains("prefers-color-scheme:dark"))
    #expect(svg.matches(of: /http/).count == 1, "nothing but the namespace leads outside")
  }

  @Test func `text is escaped, and numbers that are none are left out`() {
    let svg = plot([
      .init(name: "a<b", ink: .bad, points: [(0, .nan), (1, 2), (2, .infinity), (3, -4)]),
      .init(name: "empty", ink: .accent, points: [(0, .nan)]),
    ]).svg(width: 10, height: 10)
    #expect(svg.contains("progress &lt;b&gt;") && svg.contains("a&lt;b") && svg.contains("seed 1 &amp; more"))
    #expect(!svg.contains("nan") && !svg.contains("inf"))
    #expect(!svg.contains(">empty<"), "a line without points has no name to stand beside")
    #expect(svg.contains(#"width="480""#))
  }

  @Test func `nothing to draw is an empty frame`() {
    #expect(plot([]).svg(width: 960, height: 480).contains(#"class="title x""#))
  }

  @Test func `intervals are shaded, levels go across, and each level is named`() {
    var line = LinePlot.Line(name: "ours", ink: .good, isMain: true, points: [(6, 0.9), (7, 0.8), (8, 0.85)])
    line.band = [(6, 0.85, 0.95), (7, .nan, 0.9), (8, 0.8, 0.9), (9, 0.9, 0.8)]
    var plot = plot([line])
    plot.levels = [.init(name: "floor <1>", y: 0.7, ink: .bad), .init(name: "none", y: .infinity, ink: .soft)]
    let whole = plot.svg(width: 960, height: 480)
    #expect(whole.components(of: "class=\"tint good\"") == 1 && whole.components(of: "class=\"dot good\"") == 3)
    #expect(whole.contains(">floor &lt;1&gt;</text>") && !whole.contains(">none<"))
    #expect(!whole.contains("nan") && !whole.contains("inf"))
    #expect(whole.contains(">0</text>"), "axes begin at 0")
    plot.isFitted = true
    let fitted = plot.svg(width: 960, height: 480)
    #expect(!fitted.contains(">0</text>") && fitted.contains(">6</text>") && fitted.contains(">8</text>"))
    plot.lines[0].points = [(0.25, 1), (0.75, 2)]
    plot.lines[0].band = []
    #expect(plot.svg(width: 960, height: 480).contains(">0.5</text>"))
  }

  @Test func `a logarithmic picture leaves out what has no logarithm`() {
    var plot = plot([.init(name: "ours", ink: .good, points: [(0, 0), (1, 0.001), (2, 10), (3, -1)])])
    plot.isLogarithmic = true
    let svg = plot.svg(width: 960, height: 480)
    #expect(svg.contains(">0.001</text>") && svg.contains(">10</text>") && !svg.contains("nan"))
    plot.lines[0].band = [(1, 0, 0.01), (2, -1, 20)]
    let shaded = plot.svg(width: 960, height: 480)
    #expect(shaded.components(of: "class=\"tint good\"") == 1)
    #expect(shaded.contains(" 408Z\"/>"), "an interval down to nothing ends at the foot")
    plot.lines = [.init(name: "ours", ink: .good, points: [(0, 0), (3, -1)])]
    #expect(plot.svg(width: 960, height: 480).hasSuffix("</svg>\n"))
  }

  @Test func `names keep their distance and their order, and stay above the foot`() {
    let wanted = [100, 101, 99, 300, 299, 10.0]
    let places = LinePlot.spread(wanted, by: 16, above: 305)
    let order = wanted.indices.sorted { wanted[$0] < wanted[$1] }
    for (above, below) in zip(order, order.dropFirst()) { #expect(places[below] - places[above] >= 16) }
    #expect(places.allSatisfy { $0 <= 305 })
    #expect(places[5] == 10, "what is alone stays where it is")
  }
}
