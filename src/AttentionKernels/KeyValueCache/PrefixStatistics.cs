namespace AttentionKernels;

/// <summary>How well sequences found their beginnings in the prefix cache.</summary>
/// <param name="LookedUpTokens">Tokens of prompts that were looked up.</param>
/// <param name="HitTokens">Those of them whose keys and values were there already.</param>
/// <param name="IndexedPages">Pages that can be found now, in use or kept.</param>
/// <param name="Evictions">Pages that were given up for others.</param>
public readonly record struct PrefixStatistics(long LookedUpTokens, long HitTokens, int IndexedPages, long Evictions)
{
    /// <summary>The share of tokens that were there already; 0 where none was looked up.</summary>
    public double HitRate => LookedUpTokens == 0 ? 0 : (double)HitTokens / LookedUpTokens;
}
