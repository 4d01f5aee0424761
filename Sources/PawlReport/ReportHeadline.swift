import PawlCore

extension ReportPage {
  func masthead() -> String {
    let state = input.running ? "<span class=\"pill running\">running</span>" : "<span class=\"pill\">ended</span>"
    return """
      <header><p class="brand">Pawl study report</p>
      <h1>\(input.configuration.name.rawValue.escaped) \(state)</h1>
      <p class="soft">\(metric.name.escaped), \(metric.direction == .minimize ? "lower" : "higher") is better · \
      \(input.generatedAt.readable)</p>
      <nav><a href="#kept">Kept steps</a><a href="#certificates">Certificates</a>\(input.generations == nil ? "" : "<a href=\"#generations\">Generations</a>")\
      \(input.climb == nil ? "" : "<a href=\"#ladder\">Ladder</a>")<a href="#diff">Diff</a>\
      <a href="#trials">All trials</a><a href="#reproduce">Reproduce</a><a href="#caveats">Caveats</a></nav></header>

      """
  }

  /// What came out, and how sure it is, before anything else.
  func headline() -> String {
    let total = certifiedTotal()
    var tiles = "<div class=\"tiles\">\n"
    if let top = input.climb?.highest, top.number > 1 { tiles += climbed(top) }
    if let total {
      let place = input.climb?.rungs.first.map { " on \($0.name.escaped)" } ?? ""
      tiles += result(title: "Certified champion\(place)", badge: "certified", from: total.start, to: total.end)
      tiles += sureness(of: total)
      if input.headPath.last != input.champion { tiles += headTile() }
    } else if input.headPath.count > 1 {
      let (from, to) = (trials[.baseline]?.mean, believedHead)
      tiles += result(title: "Head of the search", badge: "not certified yet", from: from, to: to)
      tiles += expectation()
    } else {
      let start = trials[.baseline]?.mean.map { style.text($0) } ?? "–"
      let note =
        trials[.baseline]?.state == .crashed
        ? "The baseline failed: \((trials[.baseline]?.remark ?? trials[.baseline]?.outcome?.description ?? "–").escaped)."
        : trials[.baseline]?.mean == nil
          ? "The baseline has no measurement yet."
          : input.trials.count > 1 ? "No trial was kept: the baseline stands." : "Nothing has been tried yet."
      tiles += tile("Baseline", "<p class=\"big\">\(start)</p>", note: note, wide: true)
      tiles += tile(
        "How sure", "<p class=\"big quiet\">not certified</p>", note: "There is no improvement to be sure of.",
        wide: true)
    }
    tiles += tile("Trials", "<p class=\"big\">\(input.sums.trials)</p>", note: input.sums.words)
    tiles += tile(
      "Compute", "<p class=\"big\">\(input.sums.wallSeconds.readableSeconds)</p>",
      note: "of wall time in \(input.sums.attempts.counted("attempt"))")
    let noise = input.sigma.map { style.difference.text($0) } ?? "–"
    tiles += tile(
      "Noise", "<p class=\"big\">\(noise)</p>", note: "σ of one measurement: what a lucky seed alone can do.")
    return tiles + "</div>\n"
  }

  private func tile(_ title: String, _ body: String, note: String, wide: Bool = false) -> String {
    "<div class=\"tile\(wide ? " wide" : "")\"><h3>\(title)</h3>\(body)<p class=\"soft\">\(note)</p></div>\n"
  }

  private func result(title: String, badge: String, from: Double?, to: Double?) -> String {
    let start = from.map { style.text($0) } ?? "–"
    let end = to.map { (badge == "certified" ? "" : "about ") + style.text($0) } ?? "–"
    var note = "\(metric.name.escaped), baseline to \(badge == "certified" ? "champion" : "head")"
    var shift = ""
    if let from, let to {
      let gain = metric.direction.improvement(of: to, over: from)
      if let share = percent(gain.magnitude, of: from) {
        shift = "<span class=\"shift\(gain < 0 ? " worse" : "")\">\(share) \(gain < 0 ? "worse" : "better")</span>"
      }
    }
    if badge != "certified" { note += ", as the search believes it to be" }
    note += lastStep(badge == "certified" ? input.champion : input.headPath.last)
    return tile(
      "\(title) <span class=\"pill \(badge == "certified" ? "kept" : "inconclusive")\">\(badge)</span>",
      "<p class=\"big\"><span class=\"from\">\(start)</span> → <b>\(end)</b> \(shift)</p>", note: note, wide: true)
  }

  /// The champion of the highest rung that certified anything: the study's result.
  private func climbed(_ top: LadderSummary.Rung) -> String {
    guard let certified = top.certified else { return "" }
    let start = top.baseline?.mean
    let end = start.map { metric.direction == .minimize ? $0 - certified.effect : $0 + certified.effect }
    let isLast = top.number == input.climb?.rungs.last?.number
    let title =
      "\(isLast ? "Result: champion" : "Champion") on \(top.name.escaped) <span class=\"pill kept\">certified</span>"
    let body =
      "<p class=\"big\"><span class=\"from\">\(start.map { style.text($0) } ?? "–")</span> → "
      + "<b>\(end.map { style.text($0) } ?? "–")</b> "
      + "<span class=\"range\">\(effect(certified.effect)), interval \(effect(certified.lower)) to \(effect(certified.upper))</span></p>"
    return tile(title, body, note: "\(metric.name.escaped), baseline to champion\(lastStep(top.champion))", wide: true)
  }

  private func lastStep(_ id: TrialID?) -> String {
    guard let trial = id.flatMap({ trials[$0] }), trial.id != .baseline else { return "" }
    let steps = input.headPath.firstIndex(of: trial.id).map { ", \($0.counted("kept step")) from the baseline" } ?? ""
    return "<br>Trial \(trial.id)\(steps). Its last change: \((trial.hypothesis ?? "–").abbreviated(to: 90).escaped)"
  }

  private struct Total {
    let start: Double?
    let end: Double?
    let effect: Double
    let low: Double
    let high: Double
    let confidence: Double
  }

  /// The certified steps added up: from fresh pairs alone, so without a winner's curse.
  private func certifiedTotal() -> Total? {
    guard let first = held.first, input.champion != .baseline else { return nil }
    let effect = held.reduce(0) { $0 + $1.effect }
    let start = first.championValues.mean ?? trials[first.champion]?.mean
    return Total(
      start: start, end: start.map { metric.direction == .minimize ? $0 - effect : $0 + effect }, effect: effect,
      low: held.reduce(0) { $0 + $1.interval.lowerBound }, high: held.reduce(0) { $0 + $1.interval.upperBound },
      // Bonferroni: all intervals hold together at least this often.
      confidence: max(0, 1 - held.reduce(0) { $0 + $1.alpha }))
  }

  private func sureness(of total: Total) -> String {
    guard let last = held.last else { return "" }
    // Over many steps the sum of what each may miss says nothing any more.
    let level =
      total.confidence >= 0.5
      ? "\((total.confidence * 100).short) % interval"
      : "intervals of \(((1 - last.alpha) * 100).short) % each add up to"
    let body = """
      <p class="big">\(effect(total.effect)) <span class="range">\(level) \(effect(total.low)) to \
      \(effect(total.high))</span></p>
      """
    let pairs = held.reduce(0) { $0 + $1.seeds.count }
    var note =
      held.count == 1
      ? "e-value \(last.eValue.short), needed \(last.threshold.short); "
      : "\(held.count) certified steps, the last with e-value \(last.eValue.short); "
    note += "\(pairs.counted("pair")) of runs on fresh seeds that the search never used. Positive is better."
    if held.contains(where: { $0.referee == .report }) {
      note += " <b>Self-reported:</b> the script printed its own number."
    }
    return tile("How sure", body, note: note, wide: true)
  }

  private func headTile() -> String {
    guard let head = input.headPath.last.flatMap({ trials[$0] }) else { return "" }
    return tile(
      "Head of the search", "<p class=\"big quiet\">\(believedHead.map { "about \(style.text($0))" } ?? "–")</p>",
      note: "Trial \(head.id): believed to be ahead of the champion, not certified yet.")
  }

  /// What the steps of the head are believed to be worth, added up; not the means that selected them.
  private var believedEffect: Double {
    input.headPath.dropFirst().reduce(0) { $0 + (trials[$1]?.evidence?.effect ?? 0) }
  }

  private var believedHead: Double? {
    trials[.baseline]?.mean.map { metric.direction == .minimize ? $0 - believedEffect : $0 + believedEffect }
  }

  private func expectation() -> String {
    let steps = input.headPath.dropFirst().compactMap { trials[$0]?.evidence }
    let sum = believedEffect
    let deviation = steps.reduce(0) { $0 + $1.deviation * $1.deviation }.squareRoot()
    let failed = input.certificates.count
    var note = "What the search expects, its steps added up"
    note += deviation.isFinite ? ": \(effect(sum)) <i>± \(style.difference.text(deviation))</i>." : "."
    if failed > 0 { note += " \(failed.counted("certification")) did not reach the threshold." }
    return tile("How sure", "<p class=\"big quiet\">not certified yet</p>", note: note, wide: true)
  }
}
