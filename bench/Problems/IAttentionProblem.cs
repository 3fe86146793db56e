namespace AttentionKernels.Problems;

/// <summary>Attention of one shape, mask and modifier, to be computed over tensors or pages of any type.</summary>
internal interface IAttentionProblem
{
    /// <summary>Attention over tensors.</summary>
    /// <param name="variant">What it is called.</param>
    /// <param name="type">How query, key, value and output are stored.</param>
    /// <param name="algorithm">The algorithm; the plan's own choice where it is <see langword="null"/>.</param>
    BenchCase Contiguous(string variant, DataType type, AttentionAlgorithm? algorithm = null);

    /// <summary>Attention over pages in shuffled order.</summary>
    /// <param name="variant">What it is called.</param>
    /// <param name="type">How keys and values are stored.</param>
    /// <param name="pageSize">Tokens of a page.</param>
    /// <param name="cascades">Whether tokens in common are attended to once for all sequences.</param>
    BenchCase Paged(string variant, DataType type, int pageSize, bool cascades = false);
}
