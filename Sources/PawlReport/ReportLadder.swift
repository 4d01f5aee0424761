import PawlCore

extension ReportPage {
  /// The rungs, how changes carried over, loss over compute, and what was certified when.
  func ladder() -> String {
    guard let ladder = input.ladder else { return "" }
    // Beside the last picture of transfer, or alone in its row.
    let isHalf = ladder.transfers.count { !$0.points.isEmpty || !$0.waiting.isEmpty } % 2 == 1
    let gains = GainsPlot.svg(ladder, metric: metric, width: isHalf ? 560 : 1120, height: isHalf ? 380 : 340)
    guard ladder.climbs else {
      guard let gains, ladder.gains.count > 1 else { return "" }
      return section("Certified gains over time", id: "gains", "<figure class=\"card plot\">\(gains)</figure>\n")
    }
    var body = rungs(ladder) + findings(ladder)
    if let scaling = ScalingPlot.svg(ladder, metric: metric, width: 1120, height: 430) {
      body += "<figure class=\"card plot\">\(scaling)</figure>\n"
    }
    let transfers = ladder.transfers.compactMap { TransferPlot.svg($0, ladder, width: 560, height: 380) }
    let halves = transfers + (transfers.count % 2 == 1 ? [gains].compactMap(\.self) : [])
    if !halves.isEmpty {
      body +=
        "<div class=\"halves\">\n"
        + halves.map { "<figure class=\"card plot half\">\($0)</figure>\n" }.joined() + "</div>\n"
    }
    if transfers.count % 2 == 0, let gains { body += "<figure class=\"card plot\">\(gains)</figure>\n" }
    return section("Ladder", id: "ladder", body + promotions(ladder))
  }

  private func rungs(_ ladder: LadderSummary) -> String {
    var rows = ""
    for rung in ladder.rungs {
      let total = rung.certified.map { total in
        let level = total.confidence >= 0.5 ? "<br><i>\((total.confidence * 100).short) %</i>" : ""
        return "\(effect(total.effect))<br>\(effect(total.lower)) to \(effect(total.upper))\(level)"
      }
      let compute = rung.compute.map { rung.computeIsSaid ? $0.compact : $0.readableSeconds } ?? "–"
      let champion = rung.champion == .baseline ? "baseline" : "trial \(rung.champion)"
      rows += """
        <tr><td class="n">\(rung.number)</td><td><b>\(rung.name.escaped)</b></td><td class="n">\(compute)</td>\
        <td class="n">\(rung.attempts)<br><i>\(rung.wallSeconds.readableSeconds)</i></td>\
        <td class="n">\(level(rung.baseline))</td><td class="n">\(level(rung.level))</td>\
        <td class="keep">\(champion)<br><code>\(rung.championCommit.short.escaped)</code></td>\
        <td class="n">\(total ?? "–")</td><td class="n">\(rung.certificates) of \(rung.tests)</td>\
        <td class="words">\(rung.lost.isEmpty ? "–" : rung.lost.words.escaped)</td></tr>

        """
    }
    let said = ladder.rungs.contains(where: \.computeIsSaid)
    return table(
      [
        "n:No.", "Rung", said ? "n:Compute" : "n:Attempt", "n:Attempts", "n:Baseline", "n:Champion", "Champion is",
        "n:Certified gain", "n:Tests held", "Not taken",
      ], rows)
      + "<p class=\"soft\">Levels are means of \(metric.name.escaped) on the sealed split, ± one standard error, from the paired "
      + "runs of tests alone; gains are over the baseline on that rung. What the last rung certified is the study's result.</p>\n"
  }

  private func level(_ level: LadderSummary.Level?) -> String {
    guard let level, level.mean.isFinite else { return "–" }
    let error = level.standardError.map { "<br><i>± \(style.difference.text($0))</i>" } ?? ""
    return style.text(level.mean) + error
  }

  private func findings(_ ladder: LadderSummary) -> String {
    var said: [String] = []
    func name(_ rung: Int) -> String { (ladder.rungs.first { $0.number == rung }?.name ?? "rung \(rung)").escaped }
    if let scaling = ladder.scaling {
      if let multiplier = scaling.multiplier {
        let upper = multiplier.upper.map { "\($0.short)×" } ?? "no compute at all"
        let place = scaling.points.last.map { name($0.rung) } ?? "the last rung"
        said.append(
          "The baseline needs <b>\(multiplier.value.short)×</b> the compute (95 %: \(multiplier.lower.short)× to \(upper)) to "
            + "match the champion of \(place)."
            + (scaling.baseline?.asymptoteIsAssumed == true
              ? " Two rungs show no floor of the loss: it is taken to be 0, so this is rather too little." : ""))
      } else if let reason = scaling.reason {
        said.append("There is no compute multiplier: \(reason.markedUp).")
      }
      let curves = [("Baseline", scaling.baseline), ("Champions", scaling.champion)].compactMap { name, curve in
        curve.map { "\(name): \(scaling.loss.escaped) = \(ScalingPlot.words($0).escaped)" }
      }
      if !curves.isEmpty { said.append(curves.joined(separator: "; ") + ", with C the compute of one attempt.") }
    }
    for transfer in ladder.transfers {
      let pair = "\(name(transfer.rung - 1)) and \(name(transfer.rung))"
      if let correlation = transfer.correlation {
        let weak = correlation.upper <= 0 ? " <b class=\"warn\">They do not foretell each other.</b>" : ""
        said.append(
          "Effects on \(pair): rank correlation <b>\(correlation.value.short)</b> (95 %: \(correlation.lower.short) to "
            + "\(correlation.upper.short)) of \(correlation.pairs) changes.\(weak)")
      } else if !transfer.points.isEmpty {
        said.append("Effects on \(pair): too few changes were tried on both for a rank correlation.")
      }
    }
    return said.isEmpty ? "" : "<ul class=\"card findings\">\n" + said.map { "<li>\($0)</li>\n" }.joined() + "</ul>\n"
  }

  /// Every change that was tried on a higher rung, certified or not, and what waits.
  private func promotions(_ ladder: LadderSummary) -> String {
    var rows = ""
    for transfer in ladder.transfers {
      let name = (ladder.rungs.first { $0.number == transfer.rung }?.name ?? "rung \(transfer.rung)").escaped
      for point in transfer.points {
        let error = point.standardError.map { " <i>± \(style.difference.text($0))</i>" } ?? ""
        let evidence = point.eValue.map { "\($0.short) / \(point.threshold.short)" } ?? "–"
        let pill =
          switch point.standing {
          case .certified: "<span class=\"pill kept\">certified</span>"
          case .failed: "<span class=\"pill crashed\">not certified</span>"
          case .notMade: "<span class=\"pill\">could not be made</span>"
          case .denied: "<span class=\"pill\">denied by a person</span>"
          case .running: "<span class=\"pill running\">running</span>"
          }
        rows += row(
          "\(point.test)", name, point.trials, effect(point.below), point.above.map { effect($0) + error } ?? "–",
          point.chance, evidence, point.pairs.map(String.init) ?? "–", pill)
      }
      for conflict in transfer.conflicts {
        let words =
          "<span class=\"pill crashed\">conflict</span><br><span class=\"soft\">\(conflict.reason.abbreviated(to: 120).escaped)</span>"
        rows += row("–", name, conflict.trials, "–", "–", nil, "–", "–", words)
      }
      for waiting in transfer.waiting {
        let words = "<span class=\"pill\">waits</span><br><span class=\"soft\">\(waiting.reason.escaped)</span>"
        let expected = "\(effect(waiting.expected)) <i>± \(style.difference.text(waiting.deviation))<br>expected</i>"
        rows += row("–", name, waiting.trials, effect(waiting.below), expected, waiting.chance, "–", "–", words)
      }
    }
    guard !rows.isEmpty else { return "<p>No change was tried on a higher rung yet.</p>\n" }
    return "<h3>Promotions</h3>\n"
      + table(
        [
          "n:Test", "On rung", "Change", "n:Effect below", "n:Effect above", "n:Chance given", "n:e-value / needed",
          "n:Pairs", "Result",
        ], rows)
      + "<p class=\"soft\">The chance was given before the test, by what was known then of how effects carry over.</p>\n"
  }

  private func row(
    _ test: String, _ rung: String, _ trials: [TrialID], _ below: String, _ above: String, _ chance: Double?,
    _ evidence: String, _ pairs: String, _ result: String
  ) -> String {
    """
    <tr><td class="n">\(test)</td><td>\(rung)</td><td class="words">\(trials.words.escaped)</td><td class="n">\(below)</td>\
    <td class="n">\(above)</td><td class="n">\(chance.map { "\(($0 * 100).short) %" } ?? "–")</td>\
    <td class="n">\(evidence)</td><td class="n">\(pairs)</td><td>\(result)</td></tr>

    """
  }
}

extension Double {
  /// Three digits at most, with a power of ten where there would be many zeros.
  fileprivate var compact: String {
    let scale = NumberStyle.exponent(of: self)
    guard scale >= 5 || scale < -3 else { return short }
    let lead = (self / NumberStyle.power(scale)).short
    return lead == "1" ? String(NumberStyle.times(scale).dropFirst()) : lead + NumberStyle.times(scale)
  }
}
