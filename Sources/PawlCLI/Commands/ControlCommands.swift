import Foundation
import PawlRuntime

/// `pawl pause`: no new attempts until `pawl resume`.
struct PauseCommand: Command {
  static let specification = CommandSpecification(
    name: "pause", summary: "let running attempts finish and start no more, from another terminal",
    options: [CommandSpecification.study])
  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    let reader = try reader(arguments, console: console)
    try reader.control(.init(verb: .pause, by: NSUserName()))
    console.messages("paused study `\(reader.name)`; `pawl resume` carries on\n")
    return 0
  }
}

/// `pawl resume`: the end of a pause.
struct ResumeCommand: Command {
  static let specification = CommandSpecification(
    name: "resume", summary: "end a pause, from another terminal", options: [CommandSpecification.study])
  static func run(_ arguments: ParsedArguments, console: Console) throws -> Int32 {
    let reader = try reader(arguments, console: console)
    try reader.control(.init(verb: .resume, by: NSUserName()))
    console.messages("study `\(reader.name)` goes on\n")
    return 0
  }
}
