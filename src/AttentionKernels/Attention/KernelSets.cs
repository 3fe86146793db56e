using AttentionKernels.Attention.Kernels;
using AttentionKernels.Attention.Variants;
using AttentionKernels.Launching;
using AttentionKernels.Simd;

namespace AttentionKernels.Attention;

/// <summary>Closes the types of the kernels when a plan is made, from what the plan knows as values.</summary>
internal static class KernelSets
{
    /// <summary>Compiles the kernels of a decision.</summary>
    /// <param name="device">The device.</param>
    /// <param name="problem">The problem.</param>
    /// <param name="decision">What was decided for it.</param>
    /// <param name="mask">The mask.</param>
    /// <param name="modifier">The modifier.</param>
    /// <param name="scale">The scale; 1/√headDim where <see langword="null"/>.</param>
    /// <exception cref="ArgumentException">The mask or the modifier has fields that cannot go to a device.</exception>
    /// <exception cref="KernelCompilationException">The mask or the modifier uses what kernels cannot.</exception>
    public static AttentionKernelSet<TLayout, TWork> Load<TLayout, TWork, TMask, TModifier>(
        AttentionDevice device, AttentionProblem problem, PlanDecision decision, TMask mask, TModifier modifier, float? scale)
        where TModifier : struct, IScoreModifier<TModifier>
    {
        if (EachScore.IsNeeded(TModifier.IsIdentity, scale))
        {
            return Load<TLayout, TWork, TMask, ModifierChain<EachScore, TModifier>>(
                device, problem, decision, mask, new ModifierChain<EachScore, TModifier>(default, modifier), scale);
        }

        (Type element, Type key, Type value) = problem.Formats;
        Type vector = Vectors.Of(decision.Lanes);
        AttentionKernelSet<TLayout, TWork> kernels = ClosedTypes.Create<AttentionKernelSet<TLayout, TWork>>(
            typeof(AttentionModule<,,,,,,,>.KernelSet),
            [element, typeof(TLayout), typeof(TWork), key, value, typeof(TMask), typeof(TModifier), vector],
            device, problem, decision, mask, modifier, scale);
        return kernels.OwnedBy(() =>
        {
            device.ReportPlan(kernels.Explain);
            return kernels;
        });
    }
}
