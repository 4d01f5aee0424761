public import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A real Slurm with one node, this machine, and everything that it writes in a folder of its own; stopped with the object.
public final class SlurmCluster {
  /// Why there is none here, as tests show it that are skipped.
  public static let need: Comment = "needs Slurm and munge (Debian's slurm-wlm), root to start them, and no CI"

  public static var isPossible: Bool {
    guard getenv("CI") == nil, geteuid() == 0 else { return false }
    return ["slurmctld", "slurmd", "munged", "sbatch", "squeue", "scancel", "sinfo", "scontrol"].allSatisfy { name in
      ["/usr/local/bin", "/usr/bin", "/usr/sbin", "/sbin", "/bin"].contains { access("\($0)/\(name)", X_OK) == 0 }
    }
  }

  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  public let place: String
  private var calls = 0

  /// What its programs need, and `pawl`.
  public var environment: [String: String] { ["SLURM_CONF": "\(place)/slurm.conf"] }

  /// - Parameter more: further lines of slurm.conf.
  public init(more: String = "") throws {
    var template = Array("/tmp/pawl-slurm.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure(description: "no temporary folder") }
    place = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    let ports = try (freePort(), freePort())
    // The daemons look at who may write where their sockets and keys lie.
    shell(
      "chmod 755 . && mkdir state spool log run && dd if=/dev/urandom of=munge.key bs=1024 count=1 2>/dev/null && chmod 600 munge.key"
    )
    let host = shell("hostname -s").output.split(separator: "\n").first.map(String.init) ?? "localhost"
    try write(
      """
      ClusterName=test
      SlurmctldHost=\(host)(127.0.0.1)
      SlurmUser=root
      SlurmdUser=root
      AuthType=auth/munge
      AuthInfo=socket=\(place)/run/munge.sock,cred_expire=5
      CryptoType=crypto/munge
      SlurmctldPort=\(ports.0)
      SlurmdPort=\(ports.1)
      StateSaveLocation=\(place)/state
      SlurmdSpoolDir=\(place)/spool
      SlurmctldPidFile=\(place)/run/slurmctld.pid
      SlurmdPidFile=\(place)/run/slurmd.pid
      SlurmctldLogFile=\(place)/log/slurmctld.log
      SlurmdLogFile=\(place)/log/slurmd.log
      ProctrackType=proctrack/linuxproc
      TaskPlugin=task/none
      JobAcctGatherType=jobacct_gather/none
      AccountingStorageType=accounting_storage/none
      SelectType=select/cons_tres
      SelectTypeParameters=CR_Core
      SchedulerParameters=sched_interval=1,bf_interval=2,sched_min_interval=100000
      SlurmdParameters=config_overrides
      MpiDefault=none
      ReturnToService=2
      KillWait=2
      MessageTimeout=5
      NodeName=\(host) NodeAddr=127.0.0.1 CPUs=64 Boards=1 SocketsPerBoard=1 CoresPerSocket=64 ThreadsPerCore=1 State=UNKNOWN
      PartitionName=main Nodes=ALL Default=YES MaxTime=1-00:00:00 State=UP
      PartitionName=short Nodes=ALL MaxTime=1 State=UP
      \(more)

      """, to: "slurm.conf")
    // Read even where nothing of it is used; 22.05 knows no word for "none".
    try write("CgroupPlugin=cgroup/v1\nCgroupAutomount=no\nCgroupMountpoint=/sys/fs/cgroup\n", to: "cgroup.conf")
    shell(
      """
      munged --force --key-file=\(place)/munge.key --socket=\(place)/run/munge.sock --pid-file=\(place)/run/munged.pid \
      --log-file=\(place)/log/munged.log --seed-file=\(place)/run/munged.seed
      """)
    startController()
    shell("slurmd -f \(place)/slurm.conf -N \(host)")
    guard eventually(seconds: 60, { shell("sinfo -h -p main -o %t").output.hasPrefix("idle") }) else {
      let log = shell("tail -n 5 log/slurmctld.log log/slurmd.log; sinfo").output
      throw Failure(description: "the node does not come up: \(log)")
    }
  }

  deinit {
    shell("scancel --quiet --state=RUNNING --me; scancel --quiet --me")
    _ = eventually(seconds: 15) { shell("squeue -h -t RUNNING,COMPLETING").output.isEmpty }
    for name in ["slurmd", "slurmctld", "munged"] { stop(name) }
    shell("rm -rf \(place)")
  }

  public func startController() { shell("slurmctld -f \(place)/slurm.conf") }

  /// Stops the controller, as a machine that goes down would.
  public func stopController() { stop("slurmctld") }

  private func stop(_ name: String) {
    let file = "\(place)/run/\(name).pid"
    guard let text = fileText(file), let process = pid_t(text.split(separator: "\n").first ?? ""), process > 1 else {
      return
    }
    kill(process, SIGTERM)
    if !eventually(seconds: 20, { kill(process, 0) != 0 }) { kill(process, SIGKILL) }
    unlink(file)
  }

  /// Runs a command in the cluster's folder, as somebody at a terminal would.
  @discardableResult
  public func shell(_ command: String) -> ProgramRun {
    calls += 1
    var variables = ["PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME=\(place)", "LC_ALL=C.UTF-8"]
    variables += environment.map { "\($0.key)=\($0.value)" }
    return RunningProgram(
      "/bin/sh", ["-c", command], environment: variables, directory: place, captureIn: "\(place)/call-\(calls)")?
      .wait(seconds: 60) ?? ProgramRun(code: -1, signal: -1, output: "", messages: "`sh` did not start")
  }

  private func write(_ text: String, to name: String) throws {
    guard let file = fopen("\(place)/\(name)", "wb") else { throw Failure(description: "cannot write `\(name)`") }
    defer { fclose(file) }
    let bytes = Array(text.utf8)
    fwrite(bytes, 1, bytes.count, file)
  }
}
