using Spectre.Console;

namespace AttentionKernels.Samples.CompareVariants;

/// <summary>The console that tables are printed on.</summary>
internal static class TableConsole
{
    /// <summary>The width of what is not a terminal: more than any line has, since a file has no edge at which to wrap.</summary>
    private const int RedirectedWidth = 1000;

    /// <summary>Opens the console: colours and the terminal's width on a terminal, plain text of a fixed width elsewhere.</summary>
    public static IAnsiConsole Open()
    {
        // Spectre takes the log of a CI service for a terminal that has colours; its text also goes into files.
        IAnsiConsole console = Console.IsOutputRedirected
            ? AnsiConsole.Create(new AnsiConsoleSettings
            {
                Ansi = AnsiSupport.No,
                ColorSystem = ColorSystemSupport.NoColors,
                Interactive = InteractionSupport.No,
                Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
            })
            : AnsiConsole.Console;
        if (Console.IsOutputRedirected)
            console.Profile.Width = RedirectedWidth;
        return console;
    }
}
