import PawlTestSupport
import Testing

@Suite struct CertifyTests {
  /// A study whose every change is better, left with a head that its own test of four pairs did not certify:
  /// on the sealed split the change is worth more under some seeds than under others.
  private func study(sealed: String = "depth=$((depth * (1 + 4 * (PAWL_SEED % 2))))", trials: String = "1") throws
    -> TemporaryRepository
  {
    let script = """
      depth=2  # pawl: 2...60
      [ "$PAWL_SPLIT" = sealed ] && \(sealed)
      echo "loss: $((900 - 9 * depth)).$((PAWL_SEED % 10))"

      """
    let repository = try TemporaryRepository(["train.sh": script])
    try #require(repository.initialise().code == 0)
    try repository.configure([("max_pairs", "4")])
    let run = repository.pawl("run", "--trials", trials)
    try #require(run.code == 0, "\(run.messages)")
    try #require(run.messages.contains("certificate 1 failed"), "\(run.messages)")
    return repository
  }

  @Test func `the head is certified, the branch moves, and the tests show in the evidence`() throws {
    let repository = try study()
    let normaliser = Normaliser(repository)
    try expectSnapshot("certify-too-few", repository.pawl("certify", "--pairs", "1").shown, normalised: normaliser)
    let run = repository.pawl("certify", "--pairs", "40")
    #expect(run.code == 0, "\(run.shown)")
    try expectSnapshot("certify-certified", run.shown, normalised: normaliser)
    #expect(try repository.git("rev-list", "--count", "main..pawl/repo") == "1")
    try expectSnapshot("certify-evidence", repository.pawl("log", "--evidence").shown, normalised: normaliser)
    let lines = repository.pawl("log", "--evidence", "--json").output.split(separator: "\n")
    #expect(lines.count == 3 && lines[0].hasPrefix("{\"trial\":{") && lines[0].contains("\"evidence\":{"))
    #expect(lines[1].contains("\"standing\":\"failed\"") && lines[2].contains("\"standing\":\"certified\""), "\(lines)")
    try expectSnapshot("certify-nothing", repository.pawl("certify").shown, normalised: normaliser)
    // The study goes on from there.
    #expect(repository.pawl("run", "--trials", "1").code == 0)
  }

  @Test func `what is no better on the sealed split is not certified, and json says so`() throws {
    let repository = try study(sealed: "depth=$((0 - depth))")
    let run = repository.pawl("certify", "--pairs", "12", "--json", "--quiet")
    #expect(run.code == 6, "\(run.shown)")
    #expect(run.messages == "" && run.output.contains("\"standing\" : \"failed\""), "\(run.shown)")
    #expect(run.output.contains("\"leastPairs\" : "), "\(run.output)")
    #expect(throws: TemporaryRepository.Failure.self) { try repository.git("rev-parse", "--verify", "pawl/repo") }
    let text = repository.pawl("certify", "1", "--pairs", "12")
    #expect(text.code == 6 && text.output.hasPrefix("not certified  trial 1 over the baseline"), "\(text.shown)")
  }

  @Test func `a trial that is no step is refused with the names of those that are`() throws {
    let repository = try study()
    try expectSnapshot(
      "certify-no-step", repository.pawl("certify", "0").shown, normalised: Normaliser(repository))
    #expect(repository.pawl("certify", "99").messages.contains("steps that can be certified: `1`"))
    #expect(repository.pawl("certify", "--pairs", "none").code == 2)
  }

  @Test func `without a study, and beside a process that runs it, it says what to do`() throws {
    let bare = try TemporaryRepository(["train.sh": TrainingScript.shell()])
    try #require(bare.initialise().code == 0)
    let early = bare.pawl("certify")
    #expect(early.code == 1 && early.messages.contains("hint: run `pawl run` to begin it"), "\(early.messages)")
    let study = try GatedStudy()
    let program = try study.start()
    let run = study.repository.pawl("certify")
    #expect(run.code == 4)
    try expectSnapshot("certify-held", run.shown, normalised: Normaliser(study.repository))
    program.kill(2)
    try study.open()
    #expect(program.wait().code == 130)
  }
}
