using System.Globalization;
using Spectre.Console;

namespace AttentionKernels.Samples.ContinuousBatching;

/// <summary>What serving was like, for people to read: the figures, and the use of pages over time.</summary>
internal static class ServingTable
{
    private const int ChartRows = 20;
    private const int ChartWidth = 80;
    private const int RedirectedWidth = 120;

    /// <summary>Prints the figures and the chart.</summary>
    public static void Print(ServingReport report, ServerOptions options)
    {
        IAnsiConsole console = Open();
        ServingRecord serving = report.Serving;
        Table table = new Table().Border(TableBorder.Rounded).AddColumns($"{report.Requests.Count} requests on {Markup.Escape(report.Device)}", "");
        Row("generated", $"{serving.GeneratedTokens:N0} tokens in {serving.Seconds:0.00} s, {serving.TokensPerSecond:N0} tokens/s");
        Row("computed", $"{serving.ComputedTokens:N0} tokens in {serving.Steps.Count:N0} steps");
        Row("page occupancy", $"{serving.Occupancy:P1} of {options.Pages} pages of {options.PageSize} tokens on average, {serving.PeakOccupancy:P1} at most");
        Row("waste in pages", $"{serving.PageWaste:P1} of the slots in used pages hold no token");
        Row("waste without pages", $"{serving.ContiguousWaste:P1}, had each request reserved its longest length");
        Row("prefix hit rate", $"{serving.HitRate:P1} of the prompts' tokens came from cached prefixes");
        Row("preemptions", $"{serving.Preemptions:N0} ({options.Preemption.ToString().ToLowerInvariant()})");
        console.Write(table);

        BarChart chart = new BarChart().Width(ChartWidth).Label("used pages over time (the peak of each span of steps)").LeftAlignLabel()
            .WithMaxValue(options.Pages);
        int span = (serving.Steps.Count + ChartRows - 1) / ChartRows;
        foreach (StepRecord[] part in serving.Steps.Chunk(Math.Max(1, span)))
            chart.AddItem(string.Create(CultureInfo.InvariantCulture, $"step {part[0].Step}"), part.Max(step => step.UsedPages), Color.Blue);
        console.Write(chart);

        void Row(string name, FormattableString value) => table.AddRow(name, Markup.Escape(value.ToString(CultureInfo.InvariantCulture)));
    }

    private static IAnsiConsole Open()
    {
        IAnsiConsole console = Console.IsOutputRedirected
            ? AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.No })
            : AnsiConsole.Console;
        if (Console.IsOutputRedirected)
            console.Profile.Width = RedirectedWidth;
        return console;
    }
}
