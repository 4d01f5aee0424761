import PawlCore

extension ReportPage {
  /// The most trials that were not kept in the table of all; the page stays quick with ten thousand.
  static let mostRows = 500

  func kept() -> String {
    let steps = input.headPath.dropFirst().compactMap { trials[$0] }
    guard !steps.isEmpty else { return section("Kept steps", id: "kept", "<p>No trial was kept.</p>\n") }
    let certified = Set(held.map(\.candidate))
    let reached = input.headPath.lastIndex { certified.contains($0) } ?? 0
    var rows = ""
    for (index, trial) in steps.enumerated() {
      let mark =
        trial.certified || certified.contains(trial.id)
        ? "<span class=\"pill kept\">★ certified</span>"
        : index + 1 < reached ? "in the stack" : "<span class=\"soft\">not yet</span>"
      rows += """
        <tr><td class="n">\(trial.id)</td><td class="text">\(hypothesis(of: trial))</td><td class="n">\(value(of: trial))</td>\
        <td class="n">\(effect(trial.evidence))</td><td class="n">\(trial.measurements)</td><td class="n">\(change(of: trial))</td>\
        <td>\(mark)</td></tr>

        """
    }
    return section(
      "Kept steps", id: "kept",
      table(
        [
          "n:Trial", "Hypothesis", "n:\(metric.name.escaped)", "n:Effect ± sd", "n:Measurements", "n:Diff", "Certified",
        ], rows)
        + "<p class=\"soft\">Positive effects are better. An effect is what is believed after all measurements, shrunk "
        + "towards what changes usually do.</p>\n")
  }

  func certificates() -> String {
    guard !input.certificates.isEmpty else {
      let why = input.headPath.count > 1 ? ": the head moved on expected gain, and no claim is made about it" : ""
      return section("Certificates", id: "certificates", "<p>None yet\(why).</p>\n")
    }
    var rows = ""
    for certificate in input.certificates {
      let pill =
        certificate.holds
        ? "<span class=\"pill kept\">certified</span>" : "<span class=\"pill discarded\">not reached</span>"
      let (low, high) = (certificate.interval.lowerBound, certificate.interval.upperBound)
      let level = ((1 - certificate.alpha) * 100).short
      let seeds = certificate.seeds.map(String.init).joined(separator: " ")
      rows += """
        <tr><td class="n">\(certificate.number)</td><td class="keep">\(certificate.candidate) over \(certificate.champion)<br>\
        <code>\(certificate.candidateCommit.short.escaped)</code></td>\
        <td class="n">\(effect(certificate.effect))</td><td class="n">\(effect(low)) to \(effect(high))<br><i>\(level) %</i></td>\
        <td class="n">\(number(certificate.eValue)) / \(number(certificate.threshold))</td><td>\(pill)</td>\
        <td class="n">\(certificate.seeds.count)</td><td class="seeds"><code>\(seeds)</code></td>\
        <td class="words">\(words(certificate.referee))</td><td>\(words(certificate.sandbox))</td></tr>

        """
    }
    return section(
      "Certificates", id: "certificates",
      table(
        [
          "n:No.", "Trial", "n:Effect", "n:Interval", "n:e-value / needed", "Result", "n:Pairs", "Seeds", "Referee",
          "Sandbox",
        ],
        rows)
        + "<p class=\"soft\">Each comes from paired runs on fresh seeds; its interval holds whenever one stops looking.</p>\n"
    )
  }

  private func number(_ value: Double) -> String { value.isFinite ? value.short : "–" }

  func words(_ referee: RefereeLevel) -> String {
    switch referee {
    case .referee, .evaluate: "\(referee.rawValue): \(referee.meaning)"
    case .report: "<b class=\"warn\">self-reported</b>: the script prints its own number"
    }
  }

  func words(_ sandbox: SandboxLevel) -> String {
    switch sandbox {
    case .full: "full"
    case .partial: "<b class=\"warn\">partial</b>"
    case .none: "<b class=\"warn\">none</b>"
    }
  }

  func allTrials() -> String {
    let heads = Set(input.headPath)
    let first = max(0, input.trials.count - Self.mostRows)
    let shown = input.trials.enumerated().filter { index, trial in
      index >= first || trial.id == .baseline || trial.verdict == .kept || heads.contains(trial.id)
    }.map(\.element)
    var note = "<p class=\"soft\">Click a heading to sort.</p>\n"
    let all = input.sums.trials + 1
    if shown.count < all {
      note =
        "<p class=\"soft\">Shown are the last \(Self.mostRows) and all that were kept: \(shown.count) of "
        + "\(all). <code>pawl export --format jsonl</code> has all. Click a heading to sort.</p>\n"
    }
    var rows = ""
    for trial in shown {
      rows += """
        <tr id="t\(trial.id)"><td class="n">\(trial.id)</td><td class="text">\(hypothesis(of: trial))</td>\
        <td>\((trial.agent ?? "–").escaped)</td><td class="n"\(sortKey(trial.mean))>\(value(of: trial))</td>\
        <td class="n"\(sortKey(trial.evidence?.effect))>\(effect(trial.evidence))</td><td class="n">\(trial.measurements)</td>\
        <td class="n"\(sortKey(trial.added.map { Double($0) + Double(trial.removed ?? 0) }))>\(change(of: trial))</td>\
        <td class="n"\(sortKey(trial.wallSeconds))>\(trial.wallSeconds.readableSeconds)</td><td>\(standing(of: trial))</td></tr>

        """
    }
    return section(
      "All trials", id: "trials",
      note
        + table(
          [
            "n:Trial", "Hypothesis", "Agent", "n:\(metric.name.escaped)", "n:Effect ± sd", "n:Measurements", "n:Diff",
            "n:Time", "Result",
          ], rows, sortable: true))
  }

  private func standing(of trial: TrialSummary) -> String {
    let name: String
    switch trial.state {
    case .crashed: name = "crashed"
    case .judged: name = trial.id == .baseline ? "" : trial.verdict?.rawValue ?? ""
    default: name = "pending"
    }
    let label = trial.state == .crashed ? "crashed" : trial.state == .refused ? "refused" : trial.standing
    let why =
      switch trial.state {
      case .crashed: trial.remark ?? trial.outcome?.description
      case .refused, .judged: trial.remark
      default: nil as String?
      }
    let detail = why.map { "<br><span class=\"soft\">\($0.abbreviated(to: 120).escaped)</span>" } ?? ""
    return "<span class=\"pill \(name)\">\(label.escaped)</span>\(detail)"
  }

  /// A table in a frame that scrolls sideways on a narrow screen; a heading with `n:` is for a column of numbers.
  func table(_ headings: [String], _ rows: String, sortable: Bool = false) -> String {
    let head = headings.map { heading in
      heading.hasPrefix("n:")
        ? "<th class=\"n\" scope=\"col\">\(heading.dropFirst(2))</th>" : "<th scope=\"col\">\(heading)</th>"
    }.joined()
    return "<div class=\"card scroll\"><table\(sortable ? " class=\"sortable\"" : "")><thead><tr>\(head)</tr></thead>\n"
      + "<tbody>\n\(rows)</tbody></table></div>\n"
  }
}
