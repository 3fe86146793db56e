namespace AttentionKernels;

/// <summary>
/// Which keys a query attends to. A mask is a struct; kernels are compiled for it, and its fields travel with the kernel's arguments.
/// </summary>
/// <remarks>
/// The struct must be public, hold only numbers and views (no <see cref="bool"/>, no references), and its methods may use only what ILGPU
/// compiles: no exceptions, no allocations, no recursion. Indices of views are the struct's to keep in range: on the managed CPU one that
/// is not fails an assertion of ILGPU's, which ends the process, and other devices read what is there. Divisors are never to be 0, not even
/// behind an <c>if</c>: ILGPU computes what does not change in a loop before it, also what the loop would skip, and a processor's OpenCL
/// driver then ends the process. Masked scores are −∞: a masked key or value never reaches the output, not even as NaN, and a row without
/// any allowed key gives output 0 and log-sum-exp −∞.
/// </remarks>
/// <typeparam name="TSelf">The mask itself.</typeparam>
public interface IMask<TSelf>
    where TSelf : struct, IMask<TSelf>
{
    /// <summary>
    /// Whether the <see cref="Range"/> of a single query holds exactly the keys it attends to, as with causal masks and windows. Kernels
    /// then mask whole vectors by it and never ask <see cref="Allows"/>.
    /// </summary>
    static virtual bool RangeIsExact => false;

    /// <summary>Whether the query attends to the key.</summary>
    /// <param name="self">The mask.</param>
    /// <param name="at">The position.</param>
    /// <returns><see langword="true"/> if the key takes part.</returns>
    static abstract bool Allows(in TSelf self, in Position at);

    /// <summary>
    /// The keys outside of which nothing is allowed for any of the given queries. Kernels skip what is outside and ask
    /// <see cref="Allows"/> for what is inside, so <see cref="KeyRange.All"/> is always right and a tighter range is faster.
    /// </summary>
    /// <param name="self">The mask.</param>
    /// <param name="queries">The queries.</param>
    /// <returns>The range; kernels clip it to the sequence.</returns>
    static virtual KeyRange Range(in TSelf self, in QueryRange queries) => KeyRange.All(queries.KeyLength);

    /// <summary>
    /// What the mask lets through of a tile. Where the mask has no exact range, tiled and split-KV kernels skip tiles that are empty, but
    /// for a cascade's ranges of common keys. Those of Vector, and of TensorCore for many queries, do not ask <see cref="Allows"/> about
    /// full ones; those of Vector neither where ranges say all. <see cref="TileCoverage.Partial"/> is always right.
    /// </summary>
    /// <param name="self">The mask.</param>
    /// <param name="queries">The tile's queries, and the heads whose queries they are.</param>
    /// <param name="keys">The tile's keys: one or more, all of them in the sequence.</param>
    /// <returns>The coverage.</returns>
    static virtual TileCoverage Coverage(in TSelf self, in QueryRange queries, KeyRange keys) => TileCoverage.Partial;

    /// <summary>The coverage by a mask whose range is exact, where the ranges of later queries begin and end no earlier, empty ones
    /// too.</summary>
    /// <param name="self">The mask.</param>
    /// <param name="queries">The tile's queries.</param>
    /// <param name="keys">The tile's keys.</param>
    /// <returns>The coverage.</returns>
    static TileCoverage CoverageByRanges(in TSelf self, in QueryRange queries, KeyRange keys)
    {
        KeyRange first = TSelf.Range(self, queries.Only(queries.First));
        KeyRange last = TSelf.Range(self, queries.Only(queries.Last));
        if (last.First <= keys.First && first.End >= keys.End)
            return TileCoverage.Full;
        return first.First >= keys.End || last.End <= keys.First ? TileCoverage.Empty : TileCoverage.Partial;
    }
}
