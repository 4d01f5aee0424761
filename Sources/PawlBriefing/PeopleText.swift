import PawlCore

/// What people and agents keep in common: the notebook, claims, bans and pins.
extension ChangingText {
  /// People's notes and the newest first, behind a fence: a finding is evidence, whoever wrote it down.
  func notebook(tokens: Int) -> String {
    let newest = briefing.notes.map(\.number).max() ?? 0
    // A person's note counts as much as an agent's that is forty notes newer.
    func age(_ note: Note) -> Int { newest - note.number - (note.isByPerson ? 40 : 0) }
    let ranked = briefing.notes.sorted { (age($0), -$0.number) < (age($1), -$1.number) }
    var left = tokens - 80
    var lines: [(number: Int, text: String)] = []
    for note in ranked {
      let whose = note.isByPerson ? "of a person, " : "of the agent "
      let about = note.trial.map { ", on trial \($0)" } ?? ""
      let words = CleanText.line(note.text, limit: 1_000)
      let line = "note \(note.number) \(whose)\(Quoted.plain(note.by, limit: 60))\(about): \(words)"
      let cost = TextCut.cost(line)
      guard cost <= left else { continue }
      left -= cost
      lines.append((note.number, line))
    }
    guard !lines.isEmpty else { return "" }
    let rest = briefing.notes.count - lines.count
    return "\n# The study's notebook\nWhat you build on you may cite, as in `note \(lines[0].number)`.\n"
      + Fence.data("findings of people and agents", lines.sorted { $0.number < $1.number }.map(\.text))
      + (rest > 0 ? "\(rest) other \(rest == 1 ? "note is" : "notes are") not shown.\n" : "")
  }

  /// What others said they work on, one line each.
  var claimLines: [String] {
    briefing.claims.sorted { $0.number > $1.number }.map { claim in
      let until = claim.until.civil
      return "\(Quoted.plain(claim.by, limit: 60)) works on this until \(until.date) \(until.time) UTC: "
        + CleanText.line(claim.topic, limit: 160)
    }
  }

  /// A person's word like hints, so it stands outside of any fence, with the words themselves quoted.
  func wishes(tokens: Int) -> String {
    bans(tokens: tokens) + pins
  }

  private func bans(tokens: Int) -> String {
    var left = tokens - 40
    var lines: [String] = []
    for ban in briefing.bans.reversed() {
      let line: String
      switch ban.subject {
      case .path(let glob): line = "- Files that match \(Quoted.path(glob)): leave them as they are.\n"
      case .knob(let name): line = "- The constant `\(Quoted.plain(name, limit: 120))`: leave its value as it is.\n"
      case .idea(let words): line = "- This idea:\n> \(CleanText.line(words, limit: 1_000))\n"
      case .agent: continue
      }
      left -= TokenEstimate.tokens(in: line)
      guard left >= 0 else { break }
      lines.append(line)
    }
    guard !lines.isEmpty else { return "" }
    return "\n# What people do not want tried\nA proposal that does it all the same is lost.\n" + lines.joined()
  }

  private var pins: String {
    guard !briefing.pins.isEmpty else { return "" }
    let names = briefing.pins.suffix(8).map { "\($0)" }.joined(separator: ", ")
    return
      "\nPeople pinned \(briefing.pins.count == 1 ? "trial" : "trials") \(names): they want more made of what is there.\n"
  }
}
