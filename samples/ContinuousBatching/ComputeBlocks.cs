namespace AttentionKernels.Samples.ContinuousBatching;

/// <summary>
/// How prompts are cut into chunks, so that a token is computed in the same way whatever else is in the batch, and wherever a
/// shared prefix ends.
/// </summary>
/// <remarks>
/// The library's batch-invariant attention computes a sequence with few query tokens in another order than one with many. Whole blocks of
/// tokens are many; what a prompt has behind its last whole block is always a chunk of its own.
/// </remarks>
/// <param name="Length">Tokens of a block: whole pages, and more rows than count as few.</param>
internal readonly record struct ComputeBlocks(int Length)
{
    // What the library takes for few: so many rows that share a kv head, or so many query tokens.
    private const int FewRows = 16;
    private const int FewQueries = 4;

    /// <summary>The blocks for a model and a page size.</summary>
    public static ComputeBlocks For(int heads, int keyValueHeads, int pageSize)
    {
        int headGroup = heads / keyValueHeads;
        int few = Math.Max(FewRows, FewQueries * headGroup) / headGroup;
        return new ComputeBlocks(((few / pageSize) + 1) * pageSize);
    }

    /// <summary>How many of a request's tokens to compute next.</summary>
    /// <param name="request">The request.</param>
    /// <param name="budget">The most tokens; at least a block.</param>
    /// <returns>The number; 0 where the budget is too small.</returns>
    public int Next(Request request, int budget)
    {
        int whole = Whole(request.PromptLength);
        int next = request.Computed < whole ? Math.Min(whole - request.Computed, budget / Length * Length)
            : request.Computed < request.PromptLength ? request.PromptLength - request.Computed
            : 1;
        return next <= budget ? next : 0;
    }

    /// <summary>How many tokens of a beginning are whole blocks.</summary>
    public int Whole(int tokens) => tokens / Length * Length;
}
