import PawlCore

extension ReportPage {
  func diff() -> String {
    let whose = input.result.name.escaped
    guard let diff = input.diff, !diff.isEmpty else {
      return section("Diff", id: "diff", "<p>The \(whose) does not differ from the baseline.</p>\n")
    }
    return section("Diff of the \(whose) against the baseline", id: "diff", DiffView(diff).html())
  }

  func budget() -> String {
    let stop = input.configuration.stop
    let totals = input.sums
    let from = totals.firstProposedAt
    let to = input.running ? input.generatedAt : totals.lastEndedAt ?? input.generatedAt
    var facts: [(String, String)] = []
    facts.append(("Trials", "\(totals.finished)" + (stop.trials.map { " of \($0)" } ?? "")))
    let early = totals.stoppedEarly > 0 ? ", \(totals.stoppedEarly) of them stopped early" : ""
    facts.append(("Attempts", "\(totals.attempts)\(early)"))
    facts.append(
      ("Compute", totals.wallSeconds.readableSeconds + (stop.computeSeconds.map { " of \($0.readableSeconds)" } ?? "")))
    if let from, to >= from {
      let span = (Double(to.milliseconds) - Double(from.milliseconds)) / 1000
      facts.append(("From first to last", span.readableSeconds))
    }
    if let limit = stop.wallSeconds { facts.append(("Time limit", limit.readableSeconds)) }
    if let limit = stop.spend { facts.append(("Money limit", "\(limit.fixed(decimals: 2)) USD")) }
    if let peak = totals.peakMemory { facts.append(("Largest memory", peak.description)) }
    return section("Budget used", id: "budget", list(facts))
  }

  func configuration() -> String {
    let configuration = input.configuration
    let budget = configuration.budget
    var limits: [String] = []
    if let seconds = budget.wallSeconds { limits.append("\(seconds.readableSeconds) wall time") }
    if let seconds = budget.cpuSeconds { limits.append("\(seconds.readableSeconds) CPU time") }
    if let memory = budget.memory { limits.append("\(memory) memory") }
    if let disk = budget.disk { limits.append("\(disk) disk") }
    if let processes = budget.processes { limits.append(processes == 1 ? "1 process" : "\(processes) processes") }
    var facts: [(String, String)] = []
    facts.append((configuration.isReferee ? "Referee command" : "Command", code(configuration.command)))
    if let evaluate = configuration.evaluate { facts.append(("Evaluate", code(evaluate))) }
    facts.append(("Metric", "\(metric.name.escaped) from \(code(metric.pattern))"))
    if let plausible = metric.plausible {
      let (low, high) = (plausible.lowerBound.formatted(digits: 6), plausible.upperBound.formatted(digits: 6))
      facts.append(("Plausible", "\(low) to \(high)"))
    }
    if !configuration.constraints.isEmpty {
      facts.append(("Besides it", configuration.constraints.map(\.description.escaped).joined(separator: "; ")))
    }
    facts.append(("Editable", configuration.editable.map(code).joined(separator: " ")))
    if !configuration.frozen.isEmpty {
      facts.append(("Also frozen", configuration.frozen.map(code).joined(separator: " ")))
    }
    facts.append(("One attempt", limits.isEmpty ? "without limits" : limits.joined(separator: ", ")))
    facts.append(
      ("Sandbox", words(input.sandbox) + (configuration.sandbox.network ? ", with network" : ", without network")))
    facts.append(("Referee", words(input.referee)))
    facts.append(("Workers", "\(configuration.workers)"))
    facts.append(("Agents", configuration.agents.map(\.name.escaped).joined(separator: ", ")))
    let ratchet = configuration.ratchet
    facts.append(
      (
        "Evidence",
        "false certificates at most \((ratchet.alpha * 100).short) %, "
          + "\(ratchet.calibration) calibration runs, at most \(ratchet.maximumReplicates) runs a trial, "
          + "\(ratchet.maximumPairs) pairs a certificate"
      ))
    return section("Configuration", id: "configuration", list(facts))
  }

  func reproduction() -> String {
    let (what, target, number, shown) = input.result
    let rung = input.configuration.rung(number)
    let name = input.configuration.name.rawValue
    var lines = ["# the baseline", "git checkout \(input.baseline.rawValue)"]
    if let target, target != input.baseline {
      lines += ["", "# the \(what), and what it changes", "git checkout \(target.rawValue)"]
      lines.append("git diff \(input.baseline.short) \(target.short)")
    }
    let certificate = number > 1 ? input.promotions.last { $0.rung == number } : held.last
    let seed = certificate?.seeds.first ?? input.configuration.seed
    let place = input.climb == nil ? "" : " on \(rung.name)"
    lines += ["", "# one attempt\(place), with a seed\(certificate == nil ? "" : " of the certificate")"]
    lines.append("export PAWL_SEED=\(seed) PAWL_SPLIT=\(certificate == nil ? "search" : "sealed") PAWL_RUNG=\(number)")
    for (name, value) in rung.environment.sorted(by: { $0.key < $1.key }) {
      lines.append("export \(name)=\(value.shellQuoted)")
    }
    lines += [rung.command]
    if let evaluate = rung.evaluate { lines.append(evaluate) }
    lines += [
      "", "# the record", "pawl log", "pawl show \(shown)",
    ]
    lines.append("pawl export --format jsonl")
    let facts = [
      ("Baseline", "<code>\(input.baseline.rawValue.escaped)</code>"),
      (what.capitalizedFirst.escaped, "<code>\((target?.rawValue ?? "–").escaped)</code>"),
      (
        "Branch",
        "<code>pawl/\(name.escaped)</code>, one commit a certified step\(input.climb?.rungs.last.map { " of \($0.name.escaped)" } ?? "")"
      ),
      ("Frozen files", "<code>\(input.frozenDigest.escaped)</code>"), ("Study seed", "\(input.configuration.seed)"),
    ]
    return section(
      "How to reproduce", id: "reproduce",
      list(facts) + "<pre class=\"card code\">\(lines.joined(separator: "\n").escaped)</pre>\n")
  }

  func caveats() -> String {
    var said: [String] = []
    if input.running { said.append("The study was still running: all of this can change.") }
    if input.referee == .report || input.certificates.contains(where: { $0.referee == .report }) {
      said.append(
        "The numbers are <b>self-reported</b>: the script that agents may edit prints its own metric. A certificate says "
          + "that the number is lower or higher beyond noise, not that it was earned. Read the diff; a <code>referee</code> "
          + "or an <code>evaluate</code> command in pawl.yaml puts the score out of reach.")
    }
    if input.referee == .referee {
      said.append(
        "The number is the referee's: \(input.referee.meaning). How much it keeps from the candidate is up to that program."
      )
    }
    if input.sigma == 0 || input.certificates.contains(where: \.ignoresSeeds) {
      said.append(
        "Every seed gave the same number: the command does not use <code>PAWL_SEED</code>, so nothing here tells of other seeds."
      )
    }
    switch input.sandbox {
    case .full: break
    case .partial: said.append("The sandbox was only partial here; <code>pawl doctor</code> says what is missing.")
    case .none: said.append("There was no sandbox: candidates could reach everything that their user can.")
    }
    if input.dirty {
      said.append(
        "The working tree had uncommitted changes when the study was made; the baseline may not be what you have.")
    }
    if input.sigma == nil { said.append("The noise of one measurement is not known yet.") }
    if input.headPath.last != input.champion {
      said.append(
        "The head moves on expected gain. Its value comes from the runs that selected it, and is a little flattering; "
          + "only certificates are free of that.")
    }
    let share = (input.configuration.ratchet.alpha * 100).short
    said.append("Over the life of a study, at most \(share) % of its certificates are expected to be false.")
    said.append("Effects hold for this budget, data and machine; a larger scale can turn them around.")
    return section("Caveats", id: "caveats", "<ul>\n" + said.map { "<li>\($0)</li>\n" }.joined() + "</ul>\n")
  }

  private func code(_ text: String) -> String { "<code>\(text.escaped)</code>" }

  private func list(_ facts: [(String, String)]) -> String {
    "<dl class=\"card\">\n" + facts.map { "<dt>\($0.0)</dt><dd>\($0.1)</dd>\n" }.joined() + "</dl>\n"
  }
}
