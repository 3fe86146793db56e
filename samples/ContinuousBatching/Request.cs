namespace AttentionKernels.Samples.ContinuousBatching;

/// <summary>A prompt to be continued, and how far that has come.</summary>
/// <param name="number">Which one it is, from 0.</param>
/// <param name="arrival">The step at which it arrives.</param>
/// <param name="prompt">Its tokens; at least one.</param>
/// <param name="maximumTokens">The most tokens to generate; at least 1.</param>
internal sealed class Request(int number, int arrival, IReadOnlyList<int> prompt, int maximumTokens)
{
    private readonly List<int> tokens = [.. prompt];

    /// <summary>Which one it is, from 0.</summary>
    public int Number { get; } = number;

    /// <summary>The step at which it arrives.</summary>
    public int Arrival { get; } = arrival;

    /// <summary>Tokens of the prompt.</summary>
    public int PromptLength { get; } = prompt.Count;

    /// <summary>The most tokens to generate.</summary>
    public int MaximumTokens { get; } = maximumTokens;

    /// <summary>The prompt, and what was generated behind it.</summary>
    public IReadOnlyList<int> Tokens => tokens;

    /// <summary>The most tokens that ever need room: the last one that is generated needs none.</summary>
    public int MaximumLength => PromptLength + MaximumTokens - 1;

    /// <summary>The tokens whose keys and values are in the cache.</summary>
    public int Computed { get; set; }

    /// <summary>The row of the block table; −1 while it is not running.</summary>
    public int Row { get; set; } = -1;

    /// <summary>The pages; <see langword="null"/> before it runs, and where it must be computed anew.</summary>
    public CachedSequence? Sequence { get; set; }

    /// <summary>How often it had to make room for others.</summary>
    public int Preemptions { get; set; }

    /// <summary>Adds a generated token.</summary>
    public void Add(int token) => tokens.Add(token);
}
