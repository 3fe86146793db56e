using ILGPU.IR;
using ILGPU.IR.Transformations;

namespace AttentionKernels.Devices;

/// <summary>Optimises a kernel that an earlier kernel has inlined, so that it was left out; the first pass of a backend.</summary>
/// <param name="live">What left it out.</param>
internal sealed class LateMethods(LiveMethods live) : Transformation
{
    /// <inheritdoc/>
    public override void Transform(in MethodCollection methods)
    {
        foreach (Method method in methods)
        {
            if (!method.HasFlags(MethodFlags.EntryPoint) || !method.HasSource || !live.HasLeftOut(method.Source))
                continue;
            live.Optimise(methods);
            return;
        }
    }
}
