{
    // PanelSoftmax.UpdateCore<Fp32x4>
    global float* scores = var0;
    const int count = var1;
    const float scale = var2;
    global float* maxima = var3;
    global float* sums = var4;
    global float* factors = var5;
    for (int v = 0; v < 2; v++) {
        global float* s = scores + 4 * v;
        float4 largest = -INFINITY;
        for (int key = 0; key < count; key++) {
            const float4 x = vload4(2 * key, s);
            largest = select(largest, x, x > largest);
        }
        const float4 before = vload4(v, maxima);
        largest *= scale;
        const float4 after = select(before, largest, largest > before);
        vstore4(after, v, maxima);
        const float4 negated = -select(after, (float4)0.0f, after < -FLT_MAX);
        float4 rescale, weight, total = 0.0f;
        {
            const float4 x = before + negated;
            const float4 shifted = fma(x, (float4)as_float(0x3FB8AA3Bu), (float4)as_float(0x4B400000u));
            const float4 n = shifted - as_float(0x4B400000u);
            float4 r = fma(n, (float4)as_float(0xBF318000u), x);
            r = fma(n, (float4)as_float(0x395E8083u), r);
            float4 p = fma((float4)as_float(0x3AB5120Du), r, (float4)as_float(0x3C091CF9u));
            p = fma(p, r, (float4)as_float(0x3D2AAC79u));
            p = fma(p, r, (float4)as_float(0x3E2AAA49u));
            p = fma(p, r, (float4)as_float(0x3EFFFFFEu));
            p = fma(p, r, (float4)1.0f);
            p = fma(p, r, (float4)1.0f);
            p *= as_float4((as_int4(shifted) << 23) + 0x3F800000);
            rescale = select(p, (float4)0.0f, x < as_float(0xC2AEAC4Fu));
        }
        vstore4(rescale, v, factors);
        for (int key = 0; key < count; key++) {
            const float4 score = vload4(2 * key, s) * scale;
            {
                const float4 x = score + negated;
                const float4 shifted = fma(x, (float4)as_float(0x3FB8AA3Bu), (float4)as_float(0x4B400000u));
                const float4 n = shifted - as_float(0x4B400000u);
                float4 r = fma(n, (float4)as_float(0xBF318000u), x);
                r = fma(n, (float4)as_float(0x395E8083u), r);
                float4 p = fma((float4)as_float(0x3AB5120Du), r, (float4)as_float(0x3C091CF9u));
                p = fma(p, r, (float4)as_float(0x3D2AAC79u));
                p = fma(p, r, (float4)as_float(0x3E2AAA49u));
                p = fma(p, r, (float4)as_float(0x3EFFFFFEu));
                p = fma(p, r, (float4)1.0f);
                p = fma(p, r, (float4)1.0f);
                p *= as_float4((as_int4(shifted) << 23) + 0x3F800000);
                weight = select(p, (float4)0.0f, x < as_float(0xC2AEAC4Fu));
            }
            vstore4(weight, 2 * key, s);
            total += weight;
        }
        vstore4(fma(vload4(v, sums), rescale, total), v, sums);
    }
}
