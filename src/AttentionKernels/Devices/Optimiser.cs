using System.Collections.Immutable;
using System.Reflection;
using ILGPU;
using ILGPU.Backends;
using ILGPU.IR;
using ILGPU.IR.Transformations;

namespace AttentionKernels.Devices;

/// <summary>Makes ILGPU's optimiser safe, and twice as fast.</summary>
/// <remarks>
/// <para>Safe: every backend runs without the <see cref="CodePlacement"/> pass. At optimisation level O2 that pass of ILGPU 1.5.3 may move
/// a load past a later store, a barrier or an intrinsic without a result (its side-effect analysis never looks at the last memory operation
/// of a block). In a loop of <c>int v = a[t]; a[t] = i + 1; sum += v;</c> the store then comes first. Without the pass the results are
/// right and the code is as fast.</para>
/// <para>Fast: see <see cref="LiveMethods"/>.</para>
/// <para>What ILGPU runs has no public setter, hence the reflection; a change of its internals is reported as such, never ignored.</para>
/// </remarks>
internal static class Optimiser
{
    private static readonly PropertyInfo _kernelTransformers =
        typeof(Backend).GetProperty("KernelTransformers", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
        ?? throw new NotSupportedException("This version of ILGPU has no Backend.KernelTransformers; AttentionKernels needs ILGPU 1.5.3.");

    private static readonly FieldInfo _contextTransformer =
        typeof(Context).GetField("<ContextTransformer>k__BackingField", BindingFlags.Instance | BindingFlags.NonPublic)
        ?? throw new NotSupportedException("This version of ILGPU has no Context.ContextTransformer; AttentionKernels needs ILGPU 1.5.3.");

    // Two devices of one context may be opened at once; they are to have the same passes.
    private static readonly Lock _repairing = new();

    /// <summary>Repairs what compiles for <paramref name="backend"/>, once. Kernels compiled earlier stay as they are.</summary>
    public static void Repair(Backend backend)
    {
        lock (_repairing)
        {
            ReplacePasses(backend.Context, static passes => LiveMethods.Fits(passes) ? [new LiveMethods(passes)] : passes);
            Transformation[] late = backend.Context.GetTransformer().Transformations is [LiveMethods live] ? [new LateMethods(live)] : [];
            var transformers = (ImmutableArray<Transformer>)_kernelTransformers.GetValue(backend)!;
            _kernelTransformers.SetValue(backend, transformers.Select((transformer, index) => Transformer.Create(
                transformer.Configuration,
                [.. index == 0 ? late : [], .. transformer.Transformations.Where(IsKept)])).ToImmutableArray());
        }
    }

    /// <summary>Replaces the passes over methods of a context, which come before those of a backend.</summary>
    public static void ReplacePasses(Context context, Func<ImmutableArray<Transformation>, ImmutableArray<Transformation>> replace)
    {
        Transformer transformer = context.GetTransformer();
        _contextTransformer.SetValue(context, Transformer.Create(transformer.Configuration, replace(transformer.Transformations)));
    }

    private static bool IsKept(Transformation pass) => pass is not (CodePlacement or LateMethods);
}
