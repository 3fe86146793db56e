using System.Collections.Immutable;
using System.Reflection;
using ILGPU.IR;
using ILGPU.IR.Transformations;
using ILGPU.IR.Values;

namespace AttentionKernels.Devices;

/// <summary>
/// Inlines calls, then optimises the methods that are still called and the one that a launch runs, and no others.
/// </summary>
/// <remarks>ILGPU also optimises what it has inlined everywhere. A kernel of helpers that call helpers is then optimised once for each
/// level of them, and all but one of the results are thrown away: of 300 methods of a kernel for tensor cores one is left, and the time to
/// compile it is half of what it was. The first kernel of a context has the same code; later ones take helpers as they were written, where
/// ILGPU takes them optimised. A method that was inlined and is launched by itself later is optimised then, by
/// <see cref="LateMethods"/>.</remarks>
/// <param name="passes">ILGPU's passes, the inliner first.</param>
internal sealed class LiveMethods(ImmutableArray<Transformation> passes) : Transformation
{
    // Compilations of several backends may be under way at once.
    private readonly Lock _access = new();
    private readonly HashSet<MethodBase> _leftOut = [];

    /// <summary>Whether these are passes that it can take the place of.</summary>
    public static bool Fits(ImmutableArray<Transformation> passes) => passes is [Inliner, ..];

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

        lock (_access)
            _leftOut.UnionWith(all.Where(method => method.HasSource && !live.Contains(method)).Select(method => method.Source));
        Optimise(methods.Context.GetMethodCollection(new MethodCollections.SetPredicate(live)));
    }

    /// <summary>Whether a method was inlined and not optimised for itself.</summary>
    public bool HasLeftOut(MethodBase method)
    {
        lock (_access)
            return _leftOut.Contains(method);
    }

    /// <summary>Optimises methods, all calls of which are inlined.</summary>
    public void Optimise(in MethodCollection methods)
    {
        foreach (Transformation pass in passes.AsSpan(1..))
            pass.Transform(methods);
    }

    private static HashSet<Method> Called(Method method)
    {
        HashSet<Method> called = [];
        method.Blocks.ForEachValue<MethodCall>(call => called.Add(call.Target));
        return called;
    }
}
