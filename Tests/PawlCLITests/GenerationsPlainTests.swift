import PawlTestSupport
import Testing

/// What a person sees of a study of generations, and decides.
@Suite struct `A person and a study of generations` {
  @Test func `alarms make the certificate wait; the question shows them, and a yes moves the branch`() throws {
    let repository = try GenerationsRepository().repository
    let run = repository.pawl("run", "--trials", "2")
    #expect(run.code == 0 && run.messages.contains("approval 1 is awaited"), "\(run.messages)")
    #expect(try repository.git("branch", "--list", "pawl/words").isEmpty, "nothing is certified yet")
    let alarms = repository.pawl("show", "1").output.split(separator: "\n").filter { $0.hasPrefix("alarm ") }
    #expect(alarms.count > 3)

    let question = repository.pawl("approve").output
    let shown = question.split(separator: "\n").filter { $0.contains("alarm: ") }
    #expect(shown.count == 3, "\(question)")
    #expect(shown.first?.contains(alarms[0].dropFirst(10)) == true, "\(question)\n\(alarms)")
    #expect(question.firstMatch(of: #/and \d+ more alarms/#) != nil, "\(question)")

    #expect(repository.pawl("approve", "1").code == 0)
    let next = repository.pawl("run", "--trials", "1")
    #expect(next.messages.contains("certified: trial 2 is better than the baseline"), "\(next.messages)")
    let certified = try repository.git("show", "pawl/words:generation.json")
    #expect(try repository.git("show", "refs/pawl/words/trials/2:generation.json") == certified)
  }

  @Test func `a no keeps the champion`() throws {
    let repository = try GenerationsRepository().repository
    #expect(repository.pawl("run", "--trials", "1").messages.contains("approval 1 is awaited"))
    #expect(repository.pawl("deny", "1", "--reason", "not like real texts").code == 0)
    let next = repository.pawl("run", "--trials", "1")
    #expect(next.code == 0 && !next.messages.contains("certified: "), "\(next.messages)")
    #expect(repository.pawl("status").output.contains("champion  the baseline"))
    #expect(try repository.git("branch", "--list", "pawl/words").isEmpty)
  }

  @Test func `lineage follows a made document back to the baseline, and names the line of a real one`() throws {
    let repository = try GenerationsRepository().repository
    #expect(repository.pawl("run", "--trials", "2").code == 0)
    let plan = try repository.git("show", "refs/pawl/words/trials/2:generation.json")
    let digest = try #require(plan.firstMatch(of: #/[0-9a-f]{64}/#)?.0)
    let snapshot = try #require(repository.read(".pawl/words/store/\(digest)"))
    let ids = snapshot.matches(of: #/"id":"(g2-[0-9a-f]+)"/#).map { String($0.1) }
    let id = try #require(ids.first)
    let made = repository.pawl("lineage", id).output
    #expect(made.contains("made by a model, for generation 2") && made.contains("learnt by trial 2"), "\(made)")
    #expect(made.contains("of trial 1, generation 1: ") && made.contains("of the baseline: "), "\(made)")
    let json = repository.pawl("lineage", id, "--json").output
    #expect(json.contains("\"kind\" : \"model\"") && json.contains("\"filters\" : ["), "\(json)")
    // The real documents are the same ones for all, counted in bytes of text.
    #expect(Set(json.matches(of: #/"realBytes" : (\d+)/#).map { $0.1 }).count == 1, "\(json)")
    let real = repository.pawl("lineage", "r5").output
    #expect(
      real.contains("real: line 5 of data/real.jsonl") && real.contains("the baseline, trial 1, trial 2"), "\(real)")
    let none = repository.pawl("lineage", "nobody")
    #expect(none.code == 1 && none.messages.contains("hint: "), "\(none.messages)")
  }

  @Test func `works without a diagnosis, and with plain text that git ignores`() throws {
    let texts = (1...60).map { number in (0..<9).map { "w\((number * 31 + $0 * 7) % 200)" }.joined(separator: " ") }
    let repository = try GenerationsRepository(
      yaml: GenerationsRepository.yaml().replacing("diagnose: sh diagnose.sh, ", with: "")
        .replacing("data/real.jsonl", with: "data/real.txt"),
      [".gitignore": "data/\n.pawl/\n", "data/real.txt": texts.joined(separator: "\n")]
    ).repository
    let run = repository.pawl("run", "--trials", "1")
    #expect(run.code == 0 && run.messages.contains("generation 1: 40 of 40"), "\(run.messages)")
    #expect(repository.pawl("lineage", "r7").output.contains("line 7 of data/real.txt"))
  }
}
