namespace AttentionKernels;

/// <summary>Combines masks, and chains score modifiers. The results are structs: nothing is allocated, and kernels are compiled for the
/// combination.</summary>
public static class VariantOperations
{
    /// <typeparam name="TMask">The mask.</typeparam>
    /// <typeparam name="TOther">Another mask.</typeparam>
    /// <param name="mask">The mask.</param>
    extension<TMask, TOther>(TMask mask)
        where TMask : struct, IMask<TMask>
        where TOther : struct, IMask<TOther>
    {
        /// <summary>The keys that both masks let through: <c>new CausalMask().And(new DocumentMask(offsets))</c>.</summary>
        /// <param name="other">The other mask.</param>
        /// <returns>The mask.</returns>
        /// <example>
        /// <code>
        /// using Tensor&lt;int> offsets = device.Upload([0, 700, 1024], [3]);             // two documents, one behind the other
        /// AndMask&lt;CausalMask, DocumentMask> mask = new CausalMask().And(new DocumentMask(offsets));
        /// </code>
        /// </example>
        public AndMask<TMask, TOther> And(TOther other) => new(mask, other);

        /// <summary>The keys that one of the masks lets through.</summary>
        /// <param name="other">The other mask.</param>
        /// <returns>The mask.</returns>
        /// <example>
        /// <code>
        /// using Tensor&lt;int> lengths = device.Upload([16, 40], [2]);                   // the prefix of each sequence
        /// OrMask&lt;SlidingWindowMask, PrefixMask> mask = new SlidingWindowMask(255).Or(new PrefixMask(lengths));
        /// </code>
        /// </example>
        public OrMask<TMask, TOther> Or(TOther other) => new(mask, other);
    }

    /// <typeparam name="TModifier">The modifier.</typeparam>
    /// <typeparam name="TNext">The next modifier.</typeparam>
    /// <param name="modifier">The modifier.</param>
    extension<TModifier, TNext>(TModifier modifier)
        where TModifier : struct, IScoreModifier<TModifier>
        where TNext : struct, IScoreModifier<TNext>
    {
        /// <summary>This modifier, and then another one: <c>new SoftCap(50).Then(new AlibiBias(heads))</c>.</summary>
        /// <param name="next">What changes the score next.</param>
        /// <returns>The chain.</returns>
        /// <example>
        /// <code>
        /// ModifierChain&lt;SoftCap, AlibiBias> modifier = new SoftCap(50f).Then(new AlibiBias(heads: 32)); // caps, then adds
        /// </code>
        /// </example>
        public ModifierChain<TModifier, TNext> Then(TNext next) => new(modifier, next);
    }
}
