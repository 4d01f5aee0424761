import PawlCore

extension PlotLayout {
  /// The name of a kept trial, and the line that ties it to its dot where they are apart.
  struct Label: Hashable {
    let text: String
    let box: Box
    let leader: [Point]
  }

  static let labelHeight = 14.0

  /// Estimates a text's width at 11 px in a system font; errs on the wide side.
  static func width(of text: String) -> Double {
    text.unicodeScalars.reduce(0) { sum, scalar in
      if scalar.properties.generalCategory == .nonspacingMark { return sum }
      if scalar.value >= 0x1100 { return sum + (scalar.value < 0x2e80 && scalar.value > 0x1200 ? 8 : 12) }
      return sum + (scalar.properties.isUppercase || scalar == "m" || scalar == "w" || scalar == "@" ? 8 : 6.1)
    }
  }

  /// Places names greedily, the most important first; what finds no free place is left out.
  func labels(_ input: ReportInput) -> [Label] {
    let kept = dots.filter { $0.kind == .kept || $0.kind == .baseline }
    let area = (plot.right - plot.left) * (plot.bottom - plot.top)
    let most = max(2, min(32, Int(area / 9000)))
    // The side on which values are better is empty, for what is better becomes the head.
    let better = input.configuration.metric.direction == .minimize ? 1.0 : -1.0
    let ranked = kept.map { ($0, importance(of: $0, input)) }
      .sorted { $0.1 != $1.1 ? $0.1 > $1.1 : $0.0.index < $1.0.index }
    let obstacles = kept.map { Box(around: $0.point, reach: $0.certified ? 8 : 5.5) }
    var labels: [Label] = []
    for (dot, _) in ranked.prefix(most) {
      let trial = input.trials[dot.index]
      let name = dot.kind == .baseline ? "baseline" : trial.hypothesis?.plotName(width: 30) ?? "trial \(trial.id)"
      guard !name.isEmpty else { continue }
      if let label = place(name, at: dot.point, better: better, obstacles: obstacles, labels: labels) {
        labels.append(label)
      }
    }
    return labels
  }

  private func importance(of dot: Dot, _ input: ReportInput) -> Double {
    let trial = input.trials[dot.index]
    if dot.kind == .baseline { return 4e300 }
    if trial.id == input.champion || trial.id == input.headPath.last { return 3e300 }
    if dot.certified { return 2e300 }
    guard let effect = trial.evidence?.effect, effect.isFinite else { return -1 }
    return min(effect, 1e300)
  }

  private func place(_ text: String, at dot: Point, better: Double, obstacles: [Box], labels: [Label]) -> Label? {
    let size = Self.width(of: text)
    var best: (cost: Double, label: Label)?
    for side in [better, -better] {
      for distance in side == better ? [15.0, 27, 40, 54, 70, 88, 108, 130] : [15.0, 27, 40, 54] {
        for shift in [0.0, -0.5, 0.5, -0.9, 0.9] {
          let slide = shift.magnitude > 0.6 ? 20 + distance * 0.4 : 0
          let center = Point(x: dot.x + shift * (size + 2 * slide), y: dot.y + side * distance)
          let box = Box(
            left: center.x - size / 2, top: center.y - Self.labelHeight / 2, right: center.x + size / 2,
            bottom: center.y + Self.labelHeight / 2)
          var cost = distance + shift.magnitude * 14 + (side == better ? 0 : 30)
          if let best, best.cost <= cost { continue }
          let near = Point(x: min(max(dot.x, box.left + 3), box.right - 3), y: side > 0 ? box.top + 1 : box.bottom - 1)
          let leader = distance > 20 || (near.x - dot.x).magnitude > 10 ? [dot, near] : []
          guard isFree(box, leader: leader, dot: dot, obstacles: obstacles, labels: labels) else { continue }
          cost += Double(min(8, covered(by: box))) * 5
          if let best, best.cost <= cost { continue }
          best = (cost, Label(text: text, box: box, leader: leader))
        }
      }
    }
    return best?.label
  }

  private func isFree(_ box: Box, leader: [Point], dot: Point, obstacles: [Box], labels: [Label]) -> Bool {
    guard box.left >= plot.left + 2, box.right <= plot.right - 2, box.top >= plot.top + 2, box.bottom <= plot.bottom - 2
    else { return false }
    for label in labels {
      if box.overlaps(label.box.grown(by: 3)) || Self.crosses(label.leader, box) || Self.crosses(leader, label.box) {
        return false
      }
    }
    if obstacles.contains(where: { box.overlaps($0) }) { return false }
    for (from, to) in zip(staircase, staircase.dropFirst()) where Self.crosses([from, to], box) { return false }
    return !obstacles.contains { !$0.contains(dot) && Self.crosses(leader, $0) }
  }

  /// How many dots lie under the box.
  private func covered(by box: Box) -> Int {
    var low = 0
    var high = dots.count
    while low < high {
      let middle = (low + high) / 2
      if dots[middle].point.x < box.left { low = middle + 1 } else { high = middle }
    }
    var count = 0
    while low < dots.count, dots[low].point.x <= box.right {
      if box.contains(dots[low].point) { count += 1 }
      low += 1
    }
    return count
  }

  /// Whether the segment between two points meets the box (Liang and Barsky 1984).
  static func crosses(_ segment: [Point], _ box: Box) -> Bool {
    guard segment.count == 2 else { return false }
    let (from, to) = (segment[0], segment[1])
    var (enter, leave) = (0.0, 1.0)
    let edges = [
      (from.x - to.x, from.x - box.left), (to.x - from.x, box.right - from.x), (from.y - to.y, from.y - box.top),
      (to.y - from.y, box.bottom - from.y),
    ]
    for (direction, distance) in edges {
      if direction == 0 {
        if distance < 0 { return false }
      } else if direction < 0 {
        enter = max(enter, distance / direction)
      } else {
        leave = min(leave, distance / direction)
      }
    }
    return enter <= leave
  }
}

extension PlotLayout.Box {
  init(around point: PlotLayout.Point, reach: Double) {
    self.init(left: point.x - reach, top: point.y - reach, right: point.x + reach, bottom: point.y + reach)
  }
}
