import PawlTestSupport
import Testing

@Suite struct `A study with two rungs` {
  /// Both knobs carry over; the loss falls with the rung, and each rung has a little noise from the seed.
  private let script = """
    #!/bin/sh
    depth=4
    width=16
    loss=$((((depth - 8) * (depth - 8) * 10000 + (width - 24) * (width - 24) * 500 + 1000000) / PAWL_RUNG + 500000 + PAWL_SEED % 500))
    echo "steps ${STEPS:-none}"
    printf 'loss: %d.%06d\\n' $((loss / 1000000)) $((loss % 1000000))

    """

  private func study() throws -> TemporaryRepository {
    let repository = try TemporaryRepository(["train.sh": script])
    try #require(repository.initialise().code == 0)
    let yaml = try #require(repository.read("pawl.yaml"))
    try repository.write(
      yaml + "\nrungs:\n  - {name: small, compute: 1}\n  - {name: large, compute: 4, environment: [STEPS=2000]}\n",
      to: "pawl.yaml")
    let run = repository.pawl("run", "--trials", "24", "--workers", "1")
    try #require(run.code == 0, "\(run.messages)")
    #expect(
      run.messages.contains(" on large: ") && run.messages.contains("certified on large: trial "), "\(run.messages)")
    return repository
  }

  @Test func `climbs, and status, log, show, report and branch say so`() throws {
    let repository = try study()
    let status = repository.pawl("status").output
    #expect(status.contains("rung 1    small: trial ") && status.contains("rung 2    large: trial "), "\(status)")
    #expect(status.contains("transfer  small to large: ") && status.contains("scaling   "), "\(status)")
    #expect(status.contains("two rungs show no floor"), "\(status)")

    let json = repository.pawl("status", "--json").output
    for key in [
      "\"ladder\" : {", "\"gains\" : [", "\"transfers\" : [", "\"scaling\" : {", "\"multiplier\" : {",
      "\"computeIsSaid\" : true", "\"championCommit\" : ", "\"asymptoteIsAssumed\" : true", "\"computeSeconds\" : ",
      "\"standardError\" : ",
    ] { #expect(json.contains(key), "\(key) in \(json)") }

    let log = repository.pawl("log", "--all", "--evidence").output
    #expect(log.contains("on rung") && log.contains("large") && log.contains("★ certified"), "\(log)")
    let lines = repository.pawl("log", "--all", "--evidence", "--json").output.split(separator: "\n")
    let promotion = try #require(lines.last { $0.hasPrefix("{\"promotion\":{") })
    #expect(promotion.contains("\"standing\":\"certified\"") && promotion.hasSuffix("\"rung\":2}"), "\(promotion)")

    let message = try repository.git("log", "-1", "--format=%B", "pawl/repo")
    #expect(message.contains("Certified improvement of loss on large over trial "), "\(message)")
    #expect(message.contains("\nRung: 2 (large)\nTrial: "), "\(message)")
    let trial = try #require(message.split(separator: "\n").first { $0.hasPrefix("Trial: ") }).dropFirst(7)
    #expect(message.contains(" (trial \(trial))\n"), "the newest change of the promotion is named: \(message)")
    let show = repository.pawl("show", String(trial)).output
    #expect(show.contains("rung 2    large took it; test ") && show.contains("candidate on large"), "\(show)")

    #expect(repository.pawl("report").code == 0)
    let report = try #require(repository.read(".pawl/repo/report.html"))
    for part in [
      "<section id=\"ladder\">", "loss against compute", "Effects on large against small", "Certified gain in loss",
      "PAWL_SPLIT=sealed PAWL_RUNG=2\nexport STEPS=2000\nsh train.sh",
    ] { #expect(report.contains(part), "\(part)") }
    // The commands that it gives do what they say.
    try repository.git("checkout", "-q", "pawl/repo")
    let again = repository.shell("PAWL_SEED=0 PAWL_SPLIT=sealed PAWL_RUNG=2 STEPS=2000 sh train.sh").output
    #expect(again.hasPrefix("steps 2000\nloss: "), "\(again)")
  }
}
