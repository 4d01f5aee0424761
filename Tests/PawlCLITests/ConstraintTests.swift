import PawlTestSupport
import Testing

@Suite struct ConstraintTests {
  /// A study with one knob: a larger `size` has a better loss and reports 4 GiB of memory more.
  private func study(_ constraints: String, baseline: Int = 1) throws -> TemporaryRepository {
    let script = """
      size=\(baseline)  # pawl: 1...4
      echo "loss: 0.$((90 - size))"
      echo "mem: $((size * 4096))"

      """
    let repository = try TemporaryRepository(["train.sh": script])
    try #require(repository.initialise().code == 0)
    try repository.configure([(key: "memory_pattern", value: "'^mem:'")])
    try #require(repository.shell("sed -i 's/^constraints:/constraints: \(constraints)/' pawl.yaml").code == 0)
    return repository
  }

  @Test func `a candidate over a limit is not kept, and log, show and the report say why`() throws {
    let repository = try study("{memory: {limit: 5GiB}}")
    let run = repository.pawl("run")
    #expect(run.code == 0, "\(run.messages)")
    let log = repository.pawl("log", "--all").output
    for reason in ["memory 12 GiB is over the limit of 5 GiB", "memory 16 GiB is over the limit of 5 GiB"] {
      #expect(log.contains("(\(reason))"), "\(log)")
      #expect(run.messages.contains(reason))
      #expect(repository.read(".pawl/repo/report.html")?.contains(reason) == true)
    }
    #expect(repository.pawl("log", "--all", "--json").output.contains("\"remark\":\"memory 16 GiB is over"))
    let kept = repository.pawl("log", "--all", "--kept").output
    #expect(kept.contains("baseline") && !kept.contains("is over"), "\(kept)")
  }

  @Test func `a price is shown beside the effect that it outweighs`() throws {
    let repository = try study("{memory: {price: 1}}")
    let run = repository.pawl("run")
    #expect(run.code == 0, "\(run.messages)")
    let log = repository.pawl("log", "--all").output
    #expect(log.contains("discarded") && log.contains("(prices add -4.00 to the effect)"), "\(log)")
    let show = repository.pawl("show", "1").output
    #expect(show.contains("because   prices add -") && show.contains("evidence  effect +"), "\(show)")
    #expect(repository.pawl("log", "--all", "--verdict", "kept").output.contains("baseline"))
  }

  @Test func `a baseline over a limit ends the study with the figure and the key`() throws {
    let repository = try study("{memory: {limit: 9GiB}}", baseline: 3)
    let run = repository.pawl("run")
    #expect(run.code == 3)
    #expect(
      run.messages.contains(
        "the baseline breaks a limit: memory 12 GiB is over the limit of 9 GiB (`constraints.memory.limit` in pawl.yaml)"
      ),
      "\(run.messages)")
  }
}
