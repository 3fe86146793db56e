{
    // SkinnyGemm.ScoresCore<Fp32x4, StoredFp32, GatheredRows>
    global float* rows = var0;
    global float* tokens = (global float*)var1;
    global long* offsets = var2;
    global float* scores = var3;
    const int shape_Tokens = var4.field_3;
    const int shape_Known = var4.field_4;
    const int shape_RowsPerHead = var4.field_2;
    const int shape_Heads = var4.field_1;
    const long shape_HeadStride = var4.field_0;
    const int shape_Dimension = var4.field_5;
    const int shape_Stride = var4.field_6;
    for (int token = 0; token < shape_Tokens; token += 4) {
        const int block = min(4, shape_Tokens - token);
        const int next = min(4, shape_Known - token - 4);
        const bool byLine = shape_RowsPerHead < 4 && next == 4;
        for (int head = 0; head < shape_Heads; head++) {
            const global float* h = tokens + head * shape_HeadStride;
            const global float* k0 = h + offsets[token + (block > 0 ? 0 : 0)];
            const global float* n0 = h + (byLine ? offsets[token + 4] : 0);
            const global float* k1 = h + offsets[token + (block > 1 ? 1 : 0)];
            const global float* n1 = h + (byLine ? offsets[token + 5] : 0);
            const global float* k2 = h + offsets[token + (block > 2 ? 2 : 0)];
            const global float* n2 = h + (byLine ? offsets[token + 6] : 0);
            const global float* k3 = h + offsets[token + (block > 3 ? 3 : 0)];
            const global float* n3 = h + (byLine ? offsets[token + 7] : 0);
            for (int ahead = 0; !byLine && ahead < next; ahead++)
            for (int i = 0; i < shape_Dimension; i += 16) {
#if defined(__clang__)
                __builtin_prefetch(h + offsets[token + 4 + ahead] + i, 0, 2);
#endif
            }
            int row = head * shape_RowsPerHead;
            const int end = row + shape_RowsPerHead;
            for (; row + 4 <= end; row += 4) {
                const global float* q = rows + (long)row * shape_Dimension;
                global float* s = scores + (long)row * shape_Stride + token;
                float4 s00 = 0.0f; float t00 = 0.0f;
                float4 s01 = 0.0f; float t01 = 0.0f;
                float4 s02 = 0.0f; float t02 = 0.0f;
                float4 s03 = 0.0f; float t03 = 0.0f;
                float4 s10 = 0.0f; float t10 = 0.0f;
                float4 s11 = 0.0f; float t11 = 0.0f;
                float4 s12 = 0.0f; float t12 = 0.0f;
                float4 s13 = 0.0f; float t13 = 0.0f;
                float4 s20 = 0.0f; float t20 = 0.0f;
                float4 s21 = 0.0f; float t21 = 0.0f;
                float4 s22 = 0.0f; float t22 = 0.0f;
                float4 s23 = 0.0f; float t23 = 0.0f;
                float4 s30 = 0.0f; float t30 = 0.0f;
                float4 s31 = 0.0f; float t31 = 0.0f;
                float4 s32 = 0.0f; float t32 = 0.0f;
                float4 s33 = 0.0f; float t33 = 0.0f;
                int i = 0;
                for (; i + 4 <= shape_Dimension; i += 4) {
                    const float4 x0 = vload4(0, k0 + (i));
                    const float4 x1 = vload4(0, k1 + (i));
                    const float4 x2 = vload4(0, k2 + (i));
                    const float4 x3 = vload4(0, k3 + (i));
                    s00 = fma(vload4(0, q + 0 * shape_Dimension + i), x0, s00);
                    s01 = fma(vload4(0, q + 0 * shape_Dimension + i), x1, s01);
                    s02 = fma(vload4(0, q + 0 * shape_Dimension + i), x2, s02);
                    s03 = fma(vload4(0, q + 0 * shape_Dimension + i), x3, s03);
                    s10 = fma(vload4(0, q + 1 * shape_Dimension + i), x0, s10);
                    s11 = fma(vload4(0, q + 1 * shape_Dimension + i), x1, s11);
                    s12 = fma(vload4(0, q + 1 * shape_Dimension + i), x2, s12);
                    s13 = fma(vload4(0, q + 1 * shape_Dimension + i), x3, s13);
                    s20 = fma(vload4(0, q + 2 * shape_Dimension + i), x0, s20);
                    s21 = fma(vload4(0, q + 2 * shape_Dimension + i), x1, s21);
                    s22 = fma(vload4(0, q + 2 * shape_Dimension + i), x2, s22);
                    s23 = fma(vload4(0, q + 2 * shape_Dimension + i), x3, s23);
                    s30 = fma(vload4(0, q + 3 * shape_Dimension + i), x0, s30);
                    s31 = fma(vload4(0, q + 3 * shape_Dimension + i), x1, s31);
                    s32 = fma(vload4(0, q + 3 * shape_Dimension + i), x2, s32);
                    s33 = fma(vload4(0, q + 3 * shape_Dimension + i), x3, s33);
                }
                for (; i < shape_Dimension; i++) {
                    t00 = fma(*(q + 0 * shape_Dimension + i), (k0)[i], t00);
                    t01 = fma(*(q + 0 * shape_Dimension + i), (k1)[i], t01);
                    t02 = fma(*(q + 0 * shape_Dimension + i), (k2)[i], t02);
                    t03 = fma(*(q + 0 * shape_Dimension + i), (k3)[i], t03);
                    t10 = fma(*(q + 1 * shape_Dimension + i), (k0)[i], t10);
                    t11 = fma(*(q + 1 * shape_Dimension + i), (k1)[i], t11);
                    t12 = fma(*(q + 1 * shape_Dimension + i), (k2)[i], t12);
                    t13 = fma(*(q + 1 * shape_Dimension + i), (k3)[i], t13);
                    t20 = fma(*(q + 2 * shape_Dimension + i), (k0)[i], t20);
                    t21 = fma(*(q + 2 * shape_Dimension + i), (k1)[i], t21);
                    t22 = fma(*(q + 2 * shape_Dimension + i), (k2)[i], t22);
                    t23 = fma(*(q + 2 * shape_Dimension + i), (k3)[i], t23);
                    t30 = fma(*(q + 3 * shape_Dimension + i), (k0)[i], t30);
                    t31 = fma(*(q + 3 * shape_Dimension + i), (k1)[i], t31);
                    t32 = fma(*(q + 3 * shape_Dimension + i), (k2)[i], t32);
                    t33 = fma(*(q + 3 * shape_Dimension + i), (k3)[i], t33);
                }
                {
                    const float4 sums_0 = s00;
                    const float4 sums_1 = s01;
                    const float4 sums_2 = s02;
                    const float4 sums_3 = s03;
                    const float8 sums_01 = (float8)(sums_0, sums_1), sums_23 = (float8)(sums_2, sums_3);
                    const float8 sums_all = (float8)(sums_01.even + sums_01.odd, sums_23.even + sums_23.odd);
                    const float4 sums = sums_all.even + sums_all.odd;
                    const float4 all = sums + (float4)(t00, t01, t02, t03);
                    global float* target = s + 0 * shape_Stride;
                    if (block == 4) vstore4(all, 0, target);
                    else {
                        target[0] = all.x;
                        if (block > 1) target[1] = all.y;
                        if (block > 2) target[2] = all.z;
                    }
                }{
                    const float4 sums_0 = s10;
                    const float4 sums_1 = s11;
                    const float4 sums_2 = s12;
                    const float4 sums_3 = s13;
                    const float8 sums_01 = (float8)(sums_0, sums_1), sums_23 = (float8)(sums_2, sums_3);
                    const float8 sums_all = (float8)(sums_01.even + sums_01.odd, sums_23.even + sums_23.odd);
                    const float4 sums = sums_all.even + sums_all.odd;
                    const float4 all = sums + (float4)(t10, t11, t12, t13);
                    global float* target = s + 1 * shape_Stride;
                    if (block == 4) vstore4(all, 0, target);
                    else {
                        target[0] = all.x;
                        if (block > 1) target[1] = all.y;
                        if (block > 2) target[2] = all.z;
                    }
                }{
                    const float4 sums_0 = s20;
                    const float4 sums_1 = s21;
                    const float4 sums_2 = s22;
                    const float4 sums_3 = s23;
                    const float8 sums_01 = (float8)(sums_0, sums_1), sums_23 = (float8)(sums_2, sums_3);
                    const float8 sums_all = (float8)(sums_01.even + sums_01.odd, sums_23.even + sums_23.odd);
                    const float4 sums = sums_all.even + sums_all.odd;
                    const float4 all = sums + (float4)(t20, t21, t22, t23);
                    global float* target = s + 2 * shape_Stride;
                    if (block == 4) vstore4(all, 0, target);
                    else {
                        target[0] = all.x;
                        if (block > 1) target[1] = all.y;
                        if (block > 2) target[2] = all.z;
                    }
                }{
                    const float4 sums_0 = s30;
                    const float4 sums_1 = s31;
                    const float4 sums_2 = s32;
                    const float4 sums_3 = s33;
                    const float8 sums_01 = (float8)(sums_0, sums_1), sums_23 = (float8)(sums_2, sums_3);
                    const float8 sums_all = (float8)(sums_01.even + sums_01.odd, sums_23.even + sums_23.odd);
                    const float4 sums = sums_all.even + sums_all.odd;
                    const float4 all = sums + (float4)(t30, t31, t32, t33);
                    global float* target = s + 3 * shape_Stride;
                    if (block == 4) vstore4(all, 0, target);
                    else {
                        target[0] = all.x;
                        if (block > 1) target[1] = all.y;
                        if (block > 2) target[2] = all.z;
                    }
                }
            }
            for (; row + 1 <= end; row += 1) {
                const global float* q = rows + (long)row * shape_Dimension;
                global float* s = scores + (long)row * shape_Stride + token;
                float4 s00 = 0.0f; float t00 = 0.0f;
                float4 s01 = 0.0f; float t01 = 0.0f;
                float4 s02 = 0.0f; float t02 = 0.0f;
                float4 s03 = 0.0f; float t03 = 0.0f;
                int i = 0;
                for (; i + 4 <= shape_Dimension; i += 4) {
                    if (byLine && row == head * shape_RowsPerHead) {
#if defined(__clang__)
                        __builtin_prefetch(n0 + i, 0, 2);
#endif
#if defined(__clang__)
                        __builtin_prefetch(n1 + i, 0, 2);
#endif
#if defined(__clang__)
                        __builtin_prefetch(n2 + i, 0, 2);
#endif
#if defined(__clang__)
                        __builtin_prefetch(n3 + i, 0, 2);
#endif
                    }
                    const float4 x0 = vload4(0, k0 + (i));
                    const float4 x1 = vload4(0, k1 + (i));
                    const float4 x2 = vload4(0, k2 + (i));
                    const float4 x3 = vload4(0, k3 + (i));
                    s00 = fma(vload4(0, q + 0 * shape_Dimension + i), x0, s00);
                    s01 = fma(vload4(0, q + 0 * shape_Dimension + i), x1, s01);
                    s02 = fma(vload4(0, q + 0 * shape_Dimension + i), x2, s02);
                    s03 = fma(vload4(0, q + 0 * shape_Dimension + i), x3, s03);
                }
                for (; i < shape_Dimension; i++) {
                    t00 = fma(*(q + 0 * shape_Dimension + i), (k0)[i], t00);
                    t01 = fma(*(q + 0 * shape_Dimension + i), (k1)[i], t01);
                    t02 = fma(*(q + 0 * shape_Dimension + i), (k2)[i], t02);
                    t03 = fma(*(q + 0 * shape_Dimension + i), (k3)[i], t03);
                }
                {
                    const float4 sums_0 = s00;
                    const float4 sums_1 = s01;
                    const float4 sums_2 = s02;
                    const float4 sums_3 = s03;
                    const float8 sums_01 = (float8)(sums_0, sums_1), sums_23 = (float8)(sums_2, sums_3);
                    const float8 sums_all = (float8)(sums_01.even + sums_01.odd, sums_23.even + sums_23.odd);
                    const float4 sums = sums_all.even + sums_all.odd;
                    const float4 all = sums + (float4)(t00, t01, t02, t03);
                    global float* target = s + 0 * shape_Stride;
                    if (block == 4) vstore4(all, 0, target);
                    else {
                        target[0] = all.x;
                        if (block > 1) target[1] = all.y;
                        if (block > 2) target[2] = all.z;
                    }
                }
            }
        }
    }
}
