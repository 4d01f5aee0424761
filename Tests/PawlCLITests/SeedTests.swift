import PawlTestSupport
import Testing

@Suite struct `A command that ignores its seed` {
  @Test func `is told so at calibration, with its certificate, on the branch and in the report`() throws {
    let repository = try TemporaryRepository(["train.sh": "RATE=50  # pawl: choices 50, 20\necho loss: $RATE\n"])
    let start = repository.pawl(
      "init", "--command", "sh train.sh", "--metric", "loss", "--editable", "train.sh", "--trials", "1")
    #expect(start.code == 0, "\(start.shown)")
    repository.ignoreForeignLoad()
    let run = repository.pawl("run")
    #expect(run.code == 0, "\(run.shown)")
    #expect(run.messages.contains("note the metric does not depend on the seed: one attempt decides each trial"))
    #expect(run.messages.contains(", the same under every seed"))
    let message = repository.shell("git log -1 --format=%B pawl/repo").output
    #expect(message.contains("this says nothing about other seeds"), "\(message)")
    #expect(repository.read(".pawl/repo/report.html")?.contains("nothing here tells of other seeds") == true)
  }
}

/// Metrics that behave as a study does not expect, through the program.
@Suite struct `An odd metric` {
  private func study(_ script: String, ratchet: String = "") throws -> TemporaryRepository {
    let repository = try TemporaryRepository(["train.sh": script])
    let start = repository.pawl("init", "--command", "sh train.sh", "--metric", "loss", "--editable", "train.sh")
    try #require(start.code == 0, "\(start.shown)")
    repository.ignoreForeignLoad()
    let yaml = try #require(repository.read("pawl.yaml"))
    try repository.write(yaml.replacing("\nratchet:\n", with: "\nratchet:\n\(ratchet)"), to: "pawl.yaml")
    return repository
  }

  @Test func `that is deterministic takes one attempt a trial, and says so once`() throws {
    let repository = try study("RATE=50  # pawl: 1...99\necho loss: $((RATE * RATE + 7))\n")
    let run = repository.pawl("run", "--trials", "8")
    #expect(run.code == 0, "\(run.shown)")
    #expect(run.messages.split(separator: "does not depend on the seed").count == 2, "\(run.messages)")
    #expect(run.messages.contains(" kept "), "\(run.messages)")
    #expect(!run.messages.contains("x)  "), "a trial was measured more than once: \(run.messages)")
    #expect(!repository.pawl("run", "--trials", "2").messages.contains("does not depend on the seed"))
  }

  @Test(arguments: ["", "+ PAWL_SEED % 10"])
  func `that nothing moves is said to be so, with what to look at`(noise: String) throws {
    let repository = try study("RATE=50  # pawl: 1...99\necho loss: $((3 \(noise)))\n")
    let run = repository.pawl("run", "--trials", "10")
    #expect(run.code == 0, "\(run.shown)")
    #expect(run.messages.split(separator: "nothing that agents change moves the metric").count == 2, "\(run.messages)")
    #expect(run.messages.contains("6 candidates measured the same number") && run.messages.contains("`editable`"))
  }

  @Test func `that slips once at calibration is measured twice more, and the slip left out`() throws {
    let repository = try study(
      """
      RATE=50  # pawl: 1...99
      echo x >> "$COUNT"; [ "$(wc -l < "$COUNT")" = 2 ] && { echo loss: 1000000; exit; }
      echo loss: $((RATE + PAWL_SEED % 3))
      """)
    let file = "\(repository.root)/.git/count"
    let yaml = try #require(repository.read("pawl.yaml"))
    try repository.write(
      yaml.replacing("  # level: available", with: "  level: none\n  environment: [COUNT=\(file)]\n  #"),
      to: "pawl.yaml")
    let run = repository.pawl("run", "--trials", "1")
    #expect(run.code == 0, "\(run.shown)")
    #expect(
      run.messages.contains("one run is absurdly far from the others: 2 more say whether it counts"), "\(run.messages)")
    #expect(run.messages.contains("baseline 5/5"), "\(run.messages)")
    #expect(run.messages.contains("the run with 1000000 stands alone"), "\(run.messages)")
  }

  @Test func `with too few pairs for a certificate is searched all the same, and run and doctor say what it takes`()
    throws
  {
    let repository = try study("RATE=50  # pawl: 1...99\necho loss: $RATE\n", ratchet: "  max_pairs: 2\n")
    let problem =
      "`ratchet.max_pairs: 2` allows no certificate, which takes an e-value of 45.7: that needs 4 pairs or more, 8 attempts"
    let doctor = repository.pawl("doctor")
    #expect(doctor.output.contains(problem), "\(doctor.shown)")
    let run = repository.pawl("run", "--trials", "6")
    #expect(run.code == 0, "\(run.shown)")
    #expect(run.messages.contains("note \(problem)"), "\(run.messages)")
    #expect(run.messages.contains("kept") && !run.messages.contains("certificate 1"), "\(run.messages)")
  }

  @Test(arguments: ["0", "1", "-1", "nan", "2"]) func `with an impossible alpha is refused, with what it means`(
    alpha: String
  )
    throws
  {
    let run = try study("RATE=50\necho loss: $RATE\n", ratchet: "  alpha: \(alpha)\n").pawl("run", "--trials", "1")
    #expect(run.code == 2, "\(run.shown)")
    #expect(run.messages.contains("ratchet.alpha"), "\(run.messages)")
    #expect(run.messages.contains("hint: ") && run.messages.contains("0.05 is usual"), "\(run.messages)")
  }
}
