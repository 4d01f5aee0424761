import PawlCore
import Testing

@testable import PawlConfiguration

@Suite struct ExecutorTests {
  private func parse(_ more: String) throws -> StudyConfiguration {
    let text = """
      study: demo
      command: python3 train.py
      metric: {name: loss, pattern: '^loss: ([0-9.]+)', direction: minimize}
      editable: [train.py]

      """
    return try StudyFile.parse(text + more, path: "pawl.yaml")
  }

  @Test func `attempts run on this machine unless something else is said`() throws {
    #expect(try parse("").executor == .local)
    #expect(try parse("executor: local").executor == .local)
    #expect(try parse("").placement == PlacementRule())
  }

  @Test func `a cluster is named by one word, or described`() throws {
    #expect(try parse("executor: slurm").executor == .slurm(SlurmRule()))
    #expect(try parse("executor: {slurm: }").executor == .slurm(SlurmRule()))
    let whole = """
      executor:
        slurm: {partition: gpu, account: lab, qos: low, options: [--constraint=a100], program: /opt/pawl, poll: 500ms, grace: 2min}
      placement: {gpus: 2, cores: 8}
      """
    let configuration = try parse(whole)
    #expect(
      configuration.executor
        == .slurm(
          SlurmRule(
            partition: "gpu", account: "lab", qos: "low", options: ["--constraint=a100"], program: "/opt/pawl",
            pollSeconds: 0.5, graceSeconds: 120)))
    #expect(configuration.placement == PlacementRule(gpus: 2, cores: 8))
    #expect(
      try parse("executor: {ray: {address: 'http://head:8265', poll: 1s}}").executor
        == .ray(RayRule(address: "http://head:8265", pollSeconds: 1)))
  }

  @Test(arguments: [
    ("executor: slrum", "`executor` cannot be `slrum`", "did you mean `slurm`?"),
    ("executor: {slurm: {partiton: gpu}}", "unknown key `partiton` in `executor.slurm`", "did you mean `partition`?"),
    ("executor: {kubernetes: {}}", "unknown key `kubernetes` in `executor`", "keys of `executor` are: `slurm`, `ray`"),
    ("executor: {}", "`executor` names nothing", "write `executor: slurm`"),
    (
      "executor: {slurm: {}, ray: {}}", "`executor` names both `slurm` and `ray`", "keep one: attempts run in one place"
    ),
    ("executor: [slurm]", "`executor` must be a map of keys, not a list", "keys are: `slurm`, `ray`"),
    (
      "executor: {slurm: {options: ['-p gpu']}}", "`-p gpu` in `executor.slurm.options` is not one option of sbatch",
      "write each with its value in one word, as `--constraint=a100`"
    ),
    (
      "executor: {slurm: {options: [--array=1-3]}}", "`--array=1-3` in `executor.slurm.options` is set by Pawl itself",
      "take it out: jobs are found by their names, and gathered into arrays"
    ),
    (
      "executor: {slurm: {program: bin/pawl}}", "`executor.slurm.program` must be an absolute path, not `bin/pawl`",
      "write where `pawl` lies on the nodes, as `/opt/pawl/bin/pawl`"
    ),
    ("executor: {slurm: {poll: 2h}}", "`executor.slurm.poll` must be from 0.05s to 1h, not `2h`", ""),
    ("executor: {slurm: {grace: none}}", "`executor.slurm.grace` must be from 0.05s to 1d, not `none`", ""),
    ("executor: {slurm: {partition: -x}}", "`executor.slurm.partition` must be one name, not `-x`", ""),
    (
      "executor: {ray: {address: 'head:8265'}}", "`executor.ray.address` is no address: `head:8265`",
      "it is where Ray's dashboard answers, as `http://127.0.0.1:8265`"
    ),
    ("placement: {gpus: -1}", "`placement.gpus` must be at least 0, not `-1`", ""),
    ("placement: {cpus: 4}", "unknown key `cpus` in `placement`", "did you mean `gpus`?"),
  ])
  func `what is wrong is named with a hint`(text: String, message: String, hint: String) throws {
    let error = #expect(throws: ConfigurationError.self) { try parse(text) }
    let problem = try #require(error?.problems.first)
    #expect(error?.problems.count == 1)
    #expect(problem.message == message)
    #expect((problem.hint ?? "") == hint)
  }
}
