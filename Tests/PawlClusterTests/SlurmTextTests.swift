import PawlCore
import Testing

@testable import PawlCluster

/// What goes to Slurm's programs and what comes from them, as text.
@Suite struct SlurmTextTests {
  private func job(_ number: Int, cores: Int? = nil) -> ClusterJob {
    ClusterJob(
      series: "pawl-demo-1f", number: number, command: ["/opt/it's/pawl", "attempt"], folder: "/shared/a b/\(number)",
      resources: ClusterResources(gpus: 1, cores: cores, memory: .mebibytes(100), wallSeconds: 90))
  }

  @Test func `jobs of one kind go to Slurm in one array for each thousand`() throws {
    let batches = SlurmBatch.batches(of: [job(7), job(1_001), job(3), job(8, cores: 2)])
    #expect(batches.map { $0.jobs.map(\.number) } == [[3, 7], [1_001], [8]])
    let first = try #require(batches.first)
    let arguments = first.arguments(SlurmRule(partition: "gpu", qos: "low", options: ["--exclusive"]))
    #expect(arguments.starts(with: ["--parsable", "--job-name=pawl-demo-1f-0k", "--array=3,7"]))
    #expect(
      arguments.suffix(6) == ["--gres=gpu:1", "--mem=100M", "--time=2", "--partition=gpu", "--qos=low", "--exclusive"])
    #expect(
      first.script == """
        #!/bin/sh
        case "$SLURM_ARRAY_TASK_ID" in
        3) set -- '/shared/a b/3' ;;
        7) set -- '/shared/a b/7' ;;
        esac
        cd "$1" || exit 66
        exec >>node.txt 2>&1 || exit 66
        exec '/opt/it'\\''s/pawl' 'attempt' "$1"

        """)
  }

  @Test func `every job of an array is found under its own name`() {
    for number in [0, 1, 999, 1_000, 1_001, 123_456] {
      let batch = SlurmBatch.batches(of: [job(number)])[0]
      let array = batch.arguments(SlurmRule())[1].dropFirst("--job-name=".count)
      let task = batch.id(of: job(number), in: "55").dropFirst("55_".count)
      #expect(SlurmBatch.name(ofJob: String(array), task: String(task)) == job(number).name)
    }
    #expect(SlurmBatch.name(ofJob: "pawl-demo-1f-17", task: "N/A") == "pawl-demo-1f-17")
  }

  @Test(arguments: [
    ("other-0k", "1000"), ("other-0k", "-1"), ("otherk", "3"), ("other", "3"), ("k", "3"),
    ("x-99999999999999999999k", "1"), ("x-9223372036854775807k", "1"),
  ])
  func `a job that somebody else named alike is nobody's`(name: String, task: String) {
    #expect(SlurmBatch.name(ofJob: name, task: task) == nil)
  }

  @Test(arguments: [
    ("PENDING|0||Priority|", JobState.queued(reason: nil)),
    ("PENDING|0||QOSMaxJobsPerUserLimit|", .queued(reason: "QOSMaxJobsPerUserLimit")),
    (
      "PENDING|0||ReqNodeNotAvail, UnavailableNodes:n[1-3]|",
      .queued(reason: "ReqNodeNotAvail, UnavailableNodes:n[1-3]")
    ),
    ("RUNNING|0|n1|None|", .running(node: "n1")), ("COMPLETING|0|n1|None|", .running(node: "n1")),
    ("A_STATE_OF_NEXT_YEAR|0|n1|None|", .running(node: "n1")), ("COMPLETED|0|n1|None|", .ended(.completed)),
    ("FAILED|16896|n1|NonZeroExitCode|", .ended(.exited(code: 66))),
    ("FAILED|9|n1|JobLaunchFailure|", .ended(.signalled(9))),
    ("FAILED|36608|n1|NonZeroExitCode|", .ended(.signalled(15))), ("FAILED|much|n1|x|", .ended(.other("FAILED"))),
    ("CANCELLED|15|n1|None|", .ended(.cancelled)), ("TIMEOUT|0|n1|TimeLimit|", .ended(.timedOut)),
    ("NODE_FAIL|1|n1|NodeDown|", .ended(.nodeFailed)), ("PREEMPTED|0|n1|None|", .ended(.preempted)),
    ("OUT_OF_MEMORY|0:125|n1|OutOfMemory|", .ended(.outOfMemory)),
  ])
  func `a line of squeue gives the state of its job`(rest: String, state: JobState) {
    let found = SlurmQueue.records(in: "s-0k|12|7|\(rest)\n", of: ["s-7"])
    #expect(found == ["s-7": [JobRecord(id: "12_7", state: state)]])
  }

  @Test func `a job that was submitted twice has both records, the newest last`() {
    let text = """
      s-0k|40|7|RUNNING|0|n2|None|
      s-0k|9|7|CANCELLED|15|n1|None|
      s-7|12|N/A|COMPLETED|0|n1|None|
      t-0k|41|7|RUNNING|0|n2|None|
      slurm_load_jobs error: something
      |||||||
      """
    #expect(SlurmQueue.records(in: text, of: ["s-7", "s-8"])["s-7"]?.map(\.id) == ["9_7", "12", "40_7"])
    #expect(SlurmQueue.records(in: "", of: ["s-7"]).isEmpty)
  }

  @Test(arguments: [
    (
      "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)",
      ClusterError.Code.unreachable
    ),
    ("slurm_load_jobs error: Unable to contact slurm controller (connect failure)", .unreachable),
    ("sbatch: error: Batch job submission failed: Socket timed out on send/recv operation", .unreachable),
    (
      "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)",
      .limited
    ),
    (
      "sbatch: error: invalid partition specified: nope\nsbatch: error: Batch job submission failed: Invalid partition name specified",
      .refused
    ),
    ("", .refused),
  ])
  func `what Slurm says decides whether to wait or to stop`(messages: String, code: ClusterError.Code) {
    let error = SlurmComplaint.error(messages, program: "sbatch")
    #expect(error.code == code)
    #expect(error.isPassing == (code != .refused))
    #expect(!error.hints.isEmpty)
  }

  @Test func `a refusal is told in Slurm's own words and names the key to mend`() {
    let error = SlurmComplaint.error(
      "sbatch: error: invalid partition specified: nope\nsbatch: error: Batch job submission failed: Invalid partition name specified",
      program: "sbatch")
    #expect(
      error.message
        == "`sbatch` says: invalid partition specified: nope; Batch job submission failed: Invalid partition name specified"
    )
    #expect(error.hints == ["`sinfo` lists the partitions: set `executor.slurm.partition` in pawl.yaml to one of them"])
    #expect(SlurmComplaint.mayHaveWorked("sbatch: error: Socket timed out on send/recv operation"))
    #expect(!SlurmComplaint.mayHaveWorked("sbatch: error: Unable to contact slurm controller (connect failure)"))
  }

  @Test(arguments: [
    ("1-00:00:00", 86_400.0), ("2-12:00", 2 * 86_400 + 43_200), ("30:00", 1_800), ("1:00:00", 3_600), ("infinite", nil),
    ("", nil), ("1-x", nil), ("1:2:3:4", nil),
  ])
  func `a partition's limit is read in seconds`(text: String, seconds: Double?) {
    #expect(SlurmScheduler.Partition.seconds(text[...]) == seconds)
  }
}
