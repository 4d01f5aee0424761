import PawlCore
import Testing

@testable import PawlReport

@Suite struct ProgressPlotTests {
  static let studies: [ExampleStudy] = [
    ExampleStudy(), ExampleStudy(trials: 16, keepRate: 0.3), ExampleStudy(trials: 300),
    ExampleStudy(trials: 40, keepRate: 0),
    ExampleStudy(trials: 20, crashRate: 1),
    ExampleStudy(trials: 50, baseline: 0.71, direction: .maximize, keepRate: 0.5),
    ExampleStudy(trials: 50, baseline: 3.4e-7, sigma: 2e-9, keepRate: 0.2),
    ExampleStudy(trials: 50, baseline: -1.5e9, sigma: 2e6, direction: .maximize, keepRate: 0.2),
    ExampleStudy(trials: 3, baseline: 1.7e308, sigma: 1e306), ExampleStudy(trials: 0),
    ExampleStudy(trials: 2000, keepRate: 0.1),
    ExampleStudy(trials: 50, keepRate: 0.3, hypothesis: { _ in "学习率 🚀 " + String(repeating: "W", count: 90) }),
  ]

  @Test(arguments: studies.indices, [(1120, 500), (320, 220)])
  func `every mark lies inside the picture`(study: Int, size: (Int, Int)) throws {
    let layout = PlotLayout(try Self.studies[study].input(), width: size.0, height: size.1, legendRows: 2)
    for dot in layout.dots { #expect(layout.plot.contains(dot.point)) }
    for corner in layout.staircase { #expect(layout.plot.contains(corner)) }
    for crash in layout.crashes {
      #expect(crash.point.x >= 0 && crash.point.x <= layout.width)
      #expect(crash.point.y > layout.plot.bottom && crash.point.y < layout.height - 40)
    }
    for tick in layout.yAxis.ticks { #expect(tick >= layout.yAxis.low && tick <= layout.yAxis.high) }
    #expect((3...12).contains(layout.yAxis.ticks.count))
  }

  @Test(arguments: studies.indices)
  func `the staircase never goes back and ends at the right edge`(study: Int) throws {
    var input = try Self.studies[study].input()
    // With several workers a later head may have a lower number.
    if input.headPath.count > 3 { input.headPath.swapAt(2, 3) }
    let layout = PlotLayout(input, width: 1120, height: 500, legendRows: 1)
    let corners = layout.staircase
    #expect(zip(corners, corners.dropFirst()).allSatisfy { $0.x <= $1.x && ($0.x == $1.x || $0.y == $1.y) })
    #expect(corners.last?.x == layout.plot.right)
  }

  @Test(arguments: studies.indices, [(1120, 500), (320, 220)])
  func `names overlap neither each other nor a kept dot, and stay in the plot`(study: Int, size: (Int, Int)) throws {
    let input = try Self.studies[study].input()
    let layout = PlotLayout(input, width: size.0, height: size.1, legendRows: 2)
    let labels = layout.labels(input)
    for (index, label) in labels.enumerated() {
      for other in labels[(index + 1)...] { #expect(!label.box.overlaps(other.box)) }
      for dot in layout.dots where dot.kind == .kept { #expect(!label.box.contains(dot.point)) }
      #expect(label.box.left >= layout.plot.left && label.box.right <= layout.plot.right)
      #expect(label.box.top >= layout.plot.top && label.box.bottom <= layout.plot.bottom)
    }
  }

  @Test func `the baseline and a champion are named in an ordinary study`() throws {
    let input = try ExampleStudy().input()
    let names = PlotLayout(input, width: 1120, height: 500, legendRows: 1).labels(input).map(\.text)
    #expect(names.contains("baseline"))
    #expect(names.count == input.headPath.count)
  }

  @Test(arguments: studies.indices)
  func `no number in the picture is nan or infinite`(study: Int) throws {
    let svg = ProgressPlot.svg(try Self.studies[study].input(), width: 900, height: 420)
    for line in svg.split(separator: "\n") {
      for word in ["nan", "inf", "NaN"] {
        #expect(!line.contains("\"\(word)") && !line.contains(" \(word)\"") && !line.contains(">\(word)<"))
      }
    }
  }

  @Test func `values that are not finite are left out`() throws {
    var input = try ExampleStudy(trials: 20, crashRate: 0).input()
    input.trials[3].mean = .nan
    input.trials[4].mean = .infinity
    input.sigma = .nan
    input.headPath.append(TrialID(rawValue: 3))
    let layout = PlotLayout(input, width: 900, height: 420, legendRows: 1)
    #expect(layout.dots.count == 19)
    #expect(layout.noise == nil)
    let svg = ProgressPlot.svg(input, width: 900, height: 420)
    #expect(!svg.contains("nan") && !svg.contains("\"inf") && !svg.contains(" inf"))
  }

  @Test func `an outlier is clipped to the edge and does not squeeze the rest`() throws {
    var input = try ExampleStudy(trials: 30, crashRate: 0).input()
    let before = PlotLayout(input, width: 900, height: 420, legendRows: 1).yAxis
    input.trials[5].mean = 1e9
    input.trials[5].verdict = .discarded
    let layout = PlotLayout(input, width: 900, height: 420, legendRows: 1)
    #expect(layout.dots.first { $0.index == 5 }?.clip == .above)
    #expect(layout.yAxis.high - layout.yAxis.low < 1.5 * (before.high - before.low))
    #expect(ProgressPlot.svg(input, width: 900, height: 420).contains("beyond the range shown"))
  }

  @Test func `every trial of a small study has a tooltip`() throws {
    let input = try ExampleStudy().input()
    let svg = ProgressPlot.svg(input, width: 900, height: 420)
    #expect(svg.components(of: "<title>") == input.trials.count)
    #expect(svg.contains("#0 baseline\nval_bpb 1.2874 ± 0.00105 (4 measurements)\nbaseline</title>"))
  }

  @Test func `a crowd shares paths`() throws {
    let input = try ExampleStudy(trials: 10_000, keepRate: 0.02).input()
    let svg = ProgressPlot.svg(input, width: 1120, height: 500)
    #expect(svg.components(of: "<title>") == input.headPath.count)
    #expect(svg.utf8.count < 300_000)
  }

  @Test func `nothing measured is said`() throws {
    var input = try ExampleStudy(trials: 0).input()
    input.trials = []
    input.headPath = []
    input.sigma = nil
    #expect(ProgressPlot.svg(input, width: 0, height: -5).contains("nothing has been measured yet"))
  }

  @Test(arguments: [(0.0, 1.0), (1.2581, 1.2589), (-3e9, 4e9), (1e-7, 1e-7), (0, 0), (1e300, -1e300)])
  func `ticks are round and few`(range: (Double, Double)) {
    let axis = PlotAxis(low: range.0, high: range.1, count: 5)
    #expect((2...12).contains(axis.ticks.count))
    #expect(Set(axis.ticks.map(axis.label)).count == axis.ticks.count)
    #expect(axis.ticks.allSatisfy { axis.label($0).count <= 10 })
  }
}

extension String {
  /// How often `part` occurs.
  func components(of part: String) -> Int { ranges(of: part).count }
}
