import PawlCore

/// The dots, stars, arrows and crosses of a progress plot.
struct PlotMarks {
  let input: ReportInput
  let layout: PlotLayout
  private let style: NumberStyle
  private let radius: Double
  /// Above this many trials only those that were kept are elements of their own, with a tooltip.
  static let individual = 1500
  private var isCompact: Bool { layout.dots.count + layout.crashes.count > Self.individual }

  init(_ input: ReportInput, layout: PlotLayout) {
    self.input = input
    self.layout = layout
    style = NumberStyle(
      values: [layout.yAxis.low, layout.yAxis.high], resolution: input.sigma ?? layout.yAxis.step / 10)
    radius = layout.dots.count <= 120 ? 3.6 : layout.dots.count <= 500 ? 2.9 : 2.2
  }

  func svg() -> String {
    var svg = isCompact ? crowd() : ""
    if !isCompact {
      for crash in layout.crashes {
        svg += "<path class=\"crash\" d=\"\(cross(crash.point))\">\(title(input.trials[crash.index]))</path>\n"
      }
    }
    for dot in layout.dots where dot.kind != .kept && dot.kind != .baseline && !isCompact { svg += mark(dot) }
    for dot in layout.dots where dot.kind == .kept || dot.kind == .baseline { svg += mark(dot) }
    return svg
  }

  private func mark(_ dot: PlotLayout.Dot) -> String {
    let title = title(input.trials[dot.index])
    let (x, y) = (dot.point.x, dot.point.y)
    if dot.clip != .none {
      let up = dot.clip == .above ? 1.0 : -1.0
      let arrow = "M\(x.px) \((y - 4 * up).px)L\((x + 3.6).px) \((y + 3 * up).px)H\((x - 3.6).px)Z"
      return "<path class=\"\(name(dot.kind)) clip\" d=\"\(arrow)\">\(title)</path>\n"
    }
    if dot.certified { return "<path class=\"star\" d=\"\(Self.star(dot.point, radius: 8))\">\(title)</path>\n" }
    let size = dot.kind == .kept || dot.kind == .baseline ? max(radius, 2.8) + 0.9 : radius
    return "<circle class=\"\(name(dot.kind))\" cx=\"\(x.px)\" cy=\"\(y.px)\" r=\"\(size.px)\">\(title)</circle>\n"
  }

  /// Thousands of dots as one path a kind; two that fall on the same half pixel are drawn once.
  private func crowd() -> String {
    var svg = ""
    for kind in [PlotLayout.Kind.discarded, .inconclusive, .pending] {
      var seen: Set<PlotLayout.Point> = []
      var path = ""
      var arrows = ""
      for dot in layout.dots where dot.kind == kind {
        let point = PlotLayout.Point(x: (dot.point.x * 2).rounded() / 2, y: (dot.point.y * 2).rounded() / 2)
        if dot.clip != .none {
          let up = dot.clip == .above ? -1.0 : 1.0
          let base = PlotLayout.Point(x: (point.x / 4).rounded() * 4, y: point.y)
          if seen.insert(base).inserted { arrows += "M\(base.x.px) \((base.y + 3 * up).px)l3 \((-5 * up).px)h-6z" }
        } else if seen.insert(point).inserted {
          path += "M\(point.x.px) \(point.y.px)h0"
        }
      }
      if !arrows.isEmpty { svg += "<path class=\"\(name(kind)) clip\" d=\"\(arrows)\"/>\n" }
      if !path.isEmpty { svg += "<path class=\"\(name(kind)) many\" d=\"\(path)\"/>\n" }
    }
    var seen: Set<Int> = []
    let crosses = layout.crashes.filter { seen.insert(Int($0.point.x)).inserted }.map { cross($0.point) }
    return crosses.isEmpty ? svg : svg + "<path class=\"crash\" d=\"\(crosses.joined())\"/>\n"
  }

  private func cross(_ point: PlotLayout.Point) -> String {
    "M\((point.x - 3).px) \((point.y - 3).px)l6 6m0-6l-6 6"
  }

  private func name(_ kind: PlotLayout.Kind) -> String {
    switch kind {
    case .baseline: "baseline"
    case .kept: "kept"
    case .discarded: "discarded"
    case .inconclusive: "inconclusive"
    case .pending: "pending"
    }
  }

  private func title(_ trial: TrialSummary) -> String {
    var lines = ["#\(trial.id) \(trial.hypothesis?.abbreviated(to: 160) ?? (trial.id == .baseline ? "baseline" : ""))"]
    if let mean = trial.mean, mean.isFinite {
      var line = "\(input.configuration.metric.name) \(style.text(mean))"
      if let error = input.standardError(of: trial) { line += " ± \(style.difference.text(error))" }
      lines.append("\(line) (\(trial.measurements.counted("measurement")))")
    }
    lines.append(trial.standing)
    return "<title>\(lines.map(\.escaped).joined(separator: "\n"))</title>"
  }

  /// A star with five points around `center`; cosines and sines of multiples of 36 degrees.
  static func star(_ center: PlotLayout.Point, radius: Double) -> String {
    let sines = [0, 0.587785, 0.951057, 0.951057, 0.587785, 0, -0.587785, -0.951057, -0.951057, -0.587785]
    let cosines = [1, 0.809017, 0.309017, -0.309017, -0.809017, -1, -0.809017, -0.309017, 0.309017, 0.809017]
    let points = (0..<10).map { turn in
      let reach = turn.isMultiple(of: 2) ? radius : radius * 0.45
      return PlotLayout.Point(x: center.x + reach * sines[turn], y: center.y - reach * cosines[turn])
    }
    return ProgressPlot.path(points) + "Z"
  }
}

/// What the marks mean, for those that the study has, in as many rows as the width asks for.
struct PlotLegend {
  private var items: [(mark: String, text: String, x: Double, row: Int)] = []
  private(set) var rows = 1

  init(_ input: ReportInput, width: Double) {
    let heads = Set(input.headPath)
    let verdicts = Set(input.trials.filter { $0.mean != nil && $0.id != .baseline }.compactMap(\.verdict))
    var wanted: [(String, String)] = []
    if input.trials.contains(where: { $0.id == .baseline && $0.mean != nil }) {
      wanted.append(("<circle class=\"baseline\" r=\"4.5\"/>", "baseline"))
    }
    if verdicts.contains(.kept) || heads.count > 1 { wanted.append(("<circle class=\"kept\" r=\"4.5\"/>", "kept")) }
    if input.certificates.contains(where: \.holds) || input.trials.contains(where: \.certified) {
      wanted.append(("<path class=\"star\" d=\"\(PlotMarks.star(.init(x: 0, y: 0), radius: 7))\"/>", "certified"))
    }
    if verdicts.contains(.discarded) { wanted.append(("<circle class=\"discarded\" r=\"3.6\"/>", "discarded")) }
    if verdicts.contains(.inconclusive) {
      wanted.append(("<circle class=\"inconclusive\" r=\"3.6\"/>", "inconclusive"))
    }
    if input.trials.contains(where: PlotLayout.crashed) {
      wanted.append(("<path class=\"crash\" d=\"M-3 -3l6 6m0-6l-6 6\"/>", "crashed"))
    }
    if input.trials.contains(where: { $0.mean != nil }) {
      wanted.append(("<path class=\"head\" d=\"M-7 0h14\"/>", "head"))
      if input.sigma != nil {
        let band =
          "<rect class=\"band2\" x=\"-7\" y=\"-7\" width=\"14\" height=\"14\"/>"
          + "<rect class=\"band1\" x=\"-7\" y=\"-3.5\" width=\"14\" height=\"7\"/>"
        wanted.append((band, "head ± 1σ and 2σ of one measurement"))
      }
    }
    var x = 22.0
    var row = 0
    for (mark, text) in wanted {
      let size = PlotLayout.width(of: text) * 12 / 11 + 34
      if x + size > width, x > 22 { (x, row) = (22, row + 1) }
      items.append((mark, text, x, row))
      x += size
    }
    rows = row + 1
  }

  func svg() -> String {
    items.map { item in
      let y = 40 + 20 * Double(item.row)
      return
        "<g transform=\"translate(\(item.x.px) \(y.px))\">\(item.mark)<text class=\"legend\" x=\"12\" y=\"4\">\(item.text)</text></g>\n"
    }.joined()
  }
}
