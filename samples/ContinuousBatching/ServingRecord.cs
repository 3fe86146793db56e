namespace AttentionKernels.Samples.ContinuousBatching;

/// <summary>A step of serving.</summary>
/// <param name="Step">Which one, from 0.</param>
/// <param name="Running">Requests that have pages on the device.</param>
/// <param name="Waiting">Requests that wait.</param>
/// <param name="Tokens">Tokens that were computed.</param>
/// <param name="UsedPages">Pages of running requests; shared ones count once.</param>
/// <param name="UnusedSlots">Slots of these pages that hold no token.</param>
internal sealed record StepRecord(int Step, int Running, int Waiting, int Tokens, int UsedPages, int UnusedSlots);

/// <summary>What became of a request.</summary>
/// <param name="Number">Which one, from 0.</param>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="GeneratedTokens">Tokens behind it.</param>
/// <param name="Preemptions">How often it made room for others.</param>
/// <param name="Text">Prompt and continuation.</param>
internal sealed record RequestRecord(int Number, int PromptTokens, int GeneratedTokens, int Preemptions, string Text);

/// <summary>What serving was like.</summary>
internal sealed class ServingRecord(ServerOptions options)
{
    private readonly List<StepRecord> steps = [];
    private long reservedTokens;
    private long storedTokens;
    private long usedSlots;
    private long unusedSlots;

    /// <summary>Step by step.</summary>
    public IReadOnlyList<StepRecord> Steps => steps;

    /// <summary>Seconds in all.</summary>
    public double Seconds { get; private set; }

    /// <summary>Tokens that were generated.</summary>
    public long GeneratedTokens { get; private set; }

    /// <summary>Tokens that went through the layers: prompts without what was shared, generated ones, and what was computed anew.</summary>
    public long ComputedTokens => steps.Sum(step => (long)step.Tokens);

    /// <summary>Generated tokens a second.</summary>
    public double TokensPerSecond => GeneratedTokens / Seconds;

    /// <summary>The share of all pages that running requests have, on average.</summary>
    public double Occupancy => steps.Average(step => (double)step.UsedPages / options.Pages);

    /// <summary>The share of all pages that running requests had at most.</summary>
    public double PeakOccupancy => steps.Max(step => (double)step.UsedPages / options.Pages);

    /// <summary>The share of the slots in these pages that hold no token, on average.</summary>
    public double PageWaste => usedSlots == 0 ? 0 : (double)unusedSlots / usedSlots;

    /// <summary>The share that would hold none if each running request had room for all tokens that it may have, in one piece.</summary>
    public double ContiguousWaste => reservedTokens == 0 ? 0 : 1 - ((double)storedTokens / reservedTokens);

    /// <summary>The share of prompt tokens that others had computed.</summary>
    public double HitRate { get; private set; }

    /// <summary>How often requests made room for others.</summary>
    public int Preemptions { get; private set; }

    /// <summary>Takes note of a step that was planned.</summary>
    public void Add(int step, List<Work> work, Scheduler scheduler, PagedKeyValueCache cache)
    {
        int unused = scheduler.Running.Sum(request => (request.Sequence!.Pages.Length * options.PageSize) - request.Sequence.Length);
        steps.Add(new StepRecord(step, scheduler.Running.Count, scheduler.Waiting, work.Sum(part => part.Count), cache.Allocator.UsedPages, unused));
        usedSlots += (long)cache.Allocator.UsedPages * options.PageSize;
        unusedSlots += unused;
        reservedTokens += scheduler.Running.Sum(request => (long)request.MaximumLength);
        storedTokens += scheduler.Running.Sum(request => (long)request.Sequence!.Length);
    }

    /// <summary>Takes note of the end.</summary>
    public void Finish(TimeSpan time, IReadOnlyCollection<Request> requests, Scheduler scheduler)
    {
        Seconds = time.TotalSeconds;
        GeneratedTokens = requests.Sum(request => (long)request.Tokens.Count - request.PromptLength);
        HitRate = scheduler.PromptTokens == 0 ? 0 : (double)scheduler.SharedTokens / scheduler.PromptTokens;
        Preemptions = scheduler.Preemptions;
    }
}
