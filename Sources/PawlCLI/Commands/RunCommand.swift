import PawlCore
import PawlRuntime

/// `pawl run`: begins or continues the study.
struct RunCommand: Command {
  static let specification = CommandSpecification(
    name: "run", summary: "begin or continue the study, until its bounds or Ctrl-C",
    options: [
      .init(name: "trials", value: "N", help: "stop after N more trials"),
      .init(name: "for", value: "TIME", help: "stop after this wall time, as in 8h"),
      .init(name: "compute", value: "TIME", help: "stop after this time summed over attempts"),
      .init(name: "spend", value: "USD", help: "stop when agents have cost this much"),
      .init(name: "workers", value: "N", help: "attempts at the same time"),
      .init(name: "allow-dirty", value: nil, help: "take uncommitted changes into the baseline"),
      .init(name: "quiet", value: nil, help: "print nothing while it runs"),
    ],
    notes: """
      Ctrl-C lets running attempts finish; a second one stops at once. Either way nothing is lost: `pawl run`
      carries on, and attempts that were cut short are made again with the same seed.
      Exits with 0 when done, 3 where the baseline gave no measurement, 4 where another process runs the study,
      5 where it ended early because trial after trial crashed, 130 when interrupted.
      """)

  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    let configuration = try StudySetup.configuration(at: console.directory)
    let options = OpenedStudy.Options(
      stop: StopRule(
        trials: try arguments.integer("trials", atLeast: 1), wallSeconds: try arguments.seconds("for"),
        computeSeconds: try arguments.seconds("compute"), spend: try arguments.number("spend")),
      workers: try arguments.integer("workers", atLeast: 1), allowDirty: arguments.has("allow-dirty"))
    let opened = try OpenedStudy(
      at: console.directory, configuration: configuration, options: options, version: Program.version)
    let display = ProgressDisplay(console: console, quiet: arguments.has("quiet"))
    let end = try StudyRun(opened) { display.show($0) }.run()
    display.finish(end)
    if end.failed { return 3 }
    if end.interrupted { return 130 }
    return end.stalled ? 5 : 0
  }
}
