using System.CommandLine;
using System.CommandLine.Invocation;
using System.Globalization;

namespace AttentionKernels.Samples.Arguments;

/// <summary>What the command lines of samples have in common.</summary>
public static class CommandLine
{
    /// <summary>The option <c>--device</c>: a device selector such as <c>cuda:0</c>, and none for the best device present.</summary>
    /// <param name="description">What help says of it.</param>
    public static Option<string?> Device(string description = "cpu, opencl, cuda:1, …; the best device present where it is left out.")
    {
        Option<string?> device = new("--device") { Description = description };
        RefuseBlankDevices(device);
        return device;
    }

    /// <summary>Makes an option <c>--device</c> refuse what names no device.</summary>
    public static void RefuseBlankDevices(Option device) => device.Validators.Add(result =>
    {
        if (result.Tokens.Any(token => string.IsNullOrWhiteSpace(token.Value)))
            result.AddError("--device is blank; it must name a device, such as cuda:0, opencl:0 or cpu.");
    });

    /// <summary>
    /// What Ctrl-C cancels: the first time, so that what was done is still shown and kept; the second time ends the program.
    /// </summary>
    public static CancellationTokenSource CancelledByKey()
    {
        var cancellation = new CancellationTokenSource();
        Console.CancelKeyPress += (_, pressed) =>
        {
            pressed.Cancel = !cancellation.IsCancellationRequested;
            cancellation.Cancel();
        };
        return cancellation;
    }

    /// <summary>An option that is a whole number of a range.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="preset">What it is where it is left out.</param>
    /// <param name="least">The least that it may be.</param>
    /// <param name="most">The most.</param>
    /// <param name="description">What help says of it.</param>
    public static Option<int> Number(string name, int preset, int least, int most, string description) => new(name)
    {
        Description = description,
        DefaultValueFactory = _ => preset,
        // A parser of its own, so that one message serves text that is no number and a number that is out of range.
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (!int.TryParse(text, CultureInfo.InvariantCulture, out int value) || value < least || value > most)
                result.AddError($"{name} is {text}; it must be a whole number from {least} to {most}.");
            return value;
        },
    };

    /// <summary>An option that may be there several times, each time with a text that <paramref name="parse"/> reads.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="helpName">What help calls its text.</param>
    /// <param name="description">What help says of it.</param>
    /// <param name="parse">Reads a text; a <see cref="FormatException"/> says what is wrong with it.</param>
    public static Option<T[]> Parsed<T>(string name, string helpName, string description, Func<string, IEnumerable<T>> parse) => new(name)
    {
        Description = description,
        HelpName = helpName,
        Arity = ArgumentArity.OneOrMore,
        DefaultValueFactory = _ => [],
        CustomParser = result =>
        {
            try
            {
                return [.. result.Tokens.SelectMany(token => parse(token.Value))];
            }
            catch (FormatException exception)
            {
                result.AddError(exception.Message);
                return [];
            }
        },
    };

    /// <summary>Runs a command, or says on one line of standard error what is wrong with its arguments.</summary>
    /// <param name="command">The command.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="mayBeFiles">Whether an argument that begins with '@' is the name of a file of further arguments.</param>
    /// <returns>The exit code: the action's, 0 after <c>--help</c>, 1 where the command line is wrong.</returns>
    public static int Run(RootCommand command, string[] arguments, bool mayBeFiles = true)
    {
        var configuration = new ParserConfiguration();
        if (!mayBeFiles)
            configuration.ResponseFileTokenReplacer = null;
        ParseResult parsed = command.Parse(arguments, configuration);
        if (parsed.Action is ParseErrorAction)
        {
            // Invoking the result would add the whole help on standard output, which is for results alone.
            Console.Error.WriteLine(parsed.Errors[0].Message.ReplaceLineEndings(" "));
            return 1;
        }

        return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    }
}
