using System.Collections.Immutable;
using ILGPU.IR;
using ILGPU.IR.Transformations;
using ILGPU.IR.Values;

namespace AttentionKernels.Devices;

/// <summary>
/// Inlines calls, then optimises the methods that are still called and the one that a launch runs, and no others.
/// </summary>
/// <remarks>ILGPU also optimises what it has inlined everywhere. A kernel of helpers that call helpers is then optimised once for each
/// level of them, and all but one of the results are thrown away: of 300 methods of a kernel for tensor cores one is left, and the time to
/// compile it is half of what it was. The code is the same.</remarks>
/// <param name="passes">ILGPU's passes, the inliner first.</param>
internal sealed class LiveMethods(ImmutableArray<Transformation> passes) : Transformation
{
    /// <inheritdoc/>
    public override void Transform(in MethodCollection methods)
    {
        HashSet<Method> all = methods.ToSet();
        var live = new HashSet<Method>(all);
        foreach (Method method in all)
            live.ExceptWith(Called(method));

        passes[0].Transform(methods);
        var unvisited = new Stack<Method>(live);
        while (unvisited.TryPop(out Method? caller))
        {
            foreach (Method method in Called(caller).Where(method => all.Contains(method) && live.Add(method)))
                unvisited.Push(method);
        }

        MethodCollection rest = methods.Context.GetMethodCollection(new MethodCollections.SetPredicate(live));
        foreach (Transformation pass in passes.AsSpan(1..))
            pass.Transform(rest);
    }

    private static HashSet<Method> Called(Method method)
    {
        HashSet<Method> called = [];
        method.Blocks.ForEachValue<MethodCall>(call => called.Add(call.Target));
        return called;
    }
}
