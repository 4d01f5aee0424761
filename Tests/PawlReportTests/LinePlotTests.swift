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

  @Test func `names keep their distance and their order, and stay above the foot`() {
    let wanted = [100, 101, 99, 300, 299, 10.0]
    let places = LinePlot.spread(wanted, by: 16, above: 305)
    let order = wanted.indices.sorted { wanted[$0] < wanted[$1] }
    for (above, below) in zip(order, order.dropFirst()) { #expect(places[below] - places[above] >= 16) }
    #expect(places.allSatisfy { $0 <= 305 })
    #expect(places[5] == 10, "what is alone stays where it is")
  }
}
