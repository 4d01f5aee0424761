import PawlCore

extension ReportPage {
  /// What the snapshots were made of and came to, what models still can, and what the watch found.
  func generations() -> String {
    guard let generations = input.generations else { return "" }
    var body = "<ul class=\"card findings\">\n"
    for finding in findings(generations) { body += "<li>\(finding)</li>\n" }
    body += "</ul>\n"
    if let fidelity = generations.fidelity, let plot = FidelityPlot.svg(fidelity, width: 1120, height: 340) {
      body += "<figure class=\"card plot\">\(plot)</figure>\n"
    }
    return section("Generations", id: "generations", body + alarms(generations) + snapshots(generations))
  }

  private func findings(_ generations: GenerationsSummary) -> [String] {
    var said = [
      "The head is generation <b>\(generations.generation)</b>, the champion generation <b>\(generations.champion)</b>; "
        + "\(generations.snapshots.counted("snapshot")) \(generations.snapshots == 1 ? "was" : "were") proposed."
    ]
    guard let fidelity = generations.fidelity else {
      return said + ["No canaries are asked: nothing says what a model may have unlearnt."]
    }
    guard let standing = fidelity.standing, !fidelity.steps.isEmpty else {
      return said + [
        "The baseline gets \(fidelity.baseline) of \(fidelity.canaries) canaries right; the head has not moved since."
      ]
    }
    let isBelow = standing.value < fidelity.floor
    said.append(
      "Of the \(fidelity.baseline) canaries that the baseline got right the head keeps <b>\(Self.words(standing))</b>, "
        + (isBelow ? "<b class=\"warn\">below the floor</b>" : "above the floor")
        + " of \((100 * fidelity.floor).short) %.")
    if let product = fidelity.product {
      said.append(
        "What each step kept of the one before comes to \(Self.words(product)) over "
          + "\(fidelity.steps.count.counted("step")), where nothing that was lost comes back.")
    }
    if !isBelow { said.append(forecast(fidelity)) }
    if let shortage = fidelity.shortage { said.append(shortage.capitalizedFirst.markedUp + ".") }
    return said
  }

  private func forecast(_ fidelity: GenerationsSummary.Fidelity) -> String {
    func words(_ left: Int?) -> String { left.map(String.init) ?? "no end" }
    if let left = fidelity.generationsLeft {
      return "If losses go on as they were, the floor is <b>\(left.counted("generation"))</b> away (95 %: "
        + "\(words(fidelity.fewestLeft)) to \(words(fidelity.mostLeft)))."
    }
    guard let fewest = fidelity.fewestLeft else { return "Nothing says yet when the floor would be reached." }
    return "Nothing was lost for good so far; at the worst that the counts allow, the floor is "
      + "<b>\(fewest.counted("generation"))</b> away."
  }

  private static func words(_ share: GenerationsSummary.Share) -> String {
    let digits = [share.value, share.low, share.high].map { $0.isFinite ? (100 * $0).short : "–" }
    return "\(digits[0]) % (95 %: \(digits[1]) to \(digits[2]) %)"
  }

  private func alarms(_ generations: GenerationsSummary) -> String {
    let alarmed = generations.rows.filter { !$0.record.alarms.isEmpty }
    guard !alarmed.isEmpty else { return "" }
    var list = ""
    for row in alarmed.reversed() {
      let said = row.record.alarms.map(\.markedUp).joined(separator: "<br>")
      list +=
        "<li><b>Generation \(row.record.plan.generation), trial \(row.record.trial)</b> (\(row.standing.escaped))<br>\(said)</li>\n"
    }
    return "<h3>Alarms</h3>\n<ul class=\"card findings\">\n\(list)</ul>\n"
      + "<p class=\"soft\">Where an alarm lies between champion and head, the certificate waits for a person's "
      + "<code>pawl approve</code>.</p>\n"
  }

  private func snapshots(_ generations: GenerationsSummary) -> String {
    guard !generations.rows.isEmpty else { return "<p>No snapshot was proposed yet.</p>\n" }
    var rows = ""
    for row in generations.rows {
      let record = row.record
      let dropped = record.dropped.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        .map { "\($0.value) by \($0.key.escaped)" }.joined(separator: "<br>")
      let count = record.alarms.count
      rows += """
        <tr><td class="n">\(record.plan.generation)</td><td class="n">\(record.trial)</td><td>\(kind(of: record))</td>\
        <td class="n">\(record.plan.isControl ? "–" : String(record.made))</td>\
        <td class="n">\(record.plan.isControl ? "–" : String(record.kept))</td>\
        <td class="words">\(dropped.isEmpty ? "–" : dropped)</td><td class="n">\(madeShare(of: record))</td>\
        <td class="n">\(count == 0 ? "–" : "<b class=\"warn\">\(count)</b>")</td>\
        <td class="n">\(effect(row.effect))</td><td>\(pill(of: row))</td></tr>

        """
    }
    let left = generations.snapshots - generations.rows.count
    let note = left > 0 ? "The newest \(generations.rows.count) of \(generations.snapshots) snapshots. " : ""
    return "<h3>Snapshots</h3>\n"
      + table(
        [
          "n:Generation", "n:Trial", "Weights", "n:Made", "n:Kept", "Dropped", "n:Share made", "n:Alarms",
          "n:Effect", "Standing",
        ], rows)
      + "<p class=\"soft\">\(note)Made, kept and dropped are documents of that generation; the share made is of the bytes of "
      + "the whole snapshot, and the effect over the head of its time, where positive is better.</p>\n"
  }

  private func kind(of record: GenerationRecord) -> String {
    guard !record.plan.isControl else { return "control: real documents alone" }
    guard let weights = record.plan.weights else { return "–" }
    return "<i>made \(weights.made.short), aim \(weights.aim.short), temperature \(weights.temperature.short)</i>"
  }

  private func madeShare(of record: GenerationRecord) -> String {
    let bytes = Double(max(0, record.madeBytes)) + Double(max(0, record.realBytes))
    return bytes > 0 ? "\((100 * Double(max(0, record.madeBytes)) / bytes).short) %" : "–"
  }

  private func pill(of row: GenerationsSummary.Row) -> String {
    let known = ["kept", "discarded", "inconclusive", "crashed"].contains(row.standing)
    if row.standing == "kept", held.contains(where: { $0.candidate == row.record.trial }) {
      return "<span class=\"pill kept\">★ certified</span>"
    }
    return "<span class=\"pill\(known ? " \(row.standing)" : "")\">\(row.standing.escaped)</span>"
  }
}

/// The fidelity ledger as a picture: what is left of the baseline's canaries, step by step of the head.
enum FidelityPlot {
  /// Nil before the head's first step.
  static func svg(_ fidelity: GenerationsSummary.Fidelity, width: Int, height: Int) -> String? {
    let shares = fidelity.steps.enumerated().compactMap { place, step in
      step.standing.map { (x: Double(place + 1), share: $0) }
    }
    guard !shares.isEmpty else { return nil }
    var line = LinePlot.Line(
      name: "canaries kept", ink: .good, isMain: true,
      points: [(0, 100)] + shares.map { ($0.x, 100 * $0.share.value) })
    line.band = [(0, 100, 100)] + shares.map { ($0.x, 100 * $0.share.low, 100 * $0.share.high) }
    var plot = LinePlot(
      title: "Canaries of the baseline's that are kept, in %", hint: "with the exact interval, 95 %",
      xTitle: "steps of the head", note: "\(fidelity.baseline) canaries, of \(fidelity.canaries) that are asked",
      lines: [line])
    plot.levels = [.init(name: "floor \((100 * fidelity.floor).short) %", y: 100 * fidelity.floor, ink: .bad)]
    plot.isFitted = true
    return plot.svg(width: width, height: height)
  }
}
