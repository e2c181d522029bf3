//! As much of `prometheus-client` as Belfry uses, with counters, gauges and histograms that hold nothing and do nothing: a server built with it
//! shows what a server without metrics would cost. Nothing is scraped from it.

/// Figures.
pub mod metrics {
    /// What kind of figure it is.
    #[derive(Debug, Clone, Copy)]
    pub enum MetricType {
        /// Only rises.
        Counter,
        /// Stands somewhere.
        Gauge,
        /// By size.
        Histogram,
    }

    /// Counters.
    pub mod counter {
        use std::marker::PhantomData;

        /// Counts nothing.
        #[derive(Debug, Default)]
        pub struct Counter<N = u64, A = N>(PhantomData<(N, A)>);

        impl<N, A> Clone for Counter<N, A> {
            fn clone(&self) -> Self {
                Self(PhantomData)
            }
        }

        impl<N: Default, A> Counter<N, A> {
            /// Nothing.
            #[inline(always)]
            pub fn inc(&self) -> N {
                N::default()
            }

            /// Nothing.
            #[inline(always)]
            pub fn inc_by(&self, _: N) -> N {
                N::default()
            }

            /// Always 0.
            #[inline(always)]
            pub fn get(&self) -> N {
                N::default()
            }
        }
    }

    /// Gauges.
    pub mod gauge {
        use std::marker::PhantomData;

        /// Stands nowhere.
        #[derive(Debug, Default)]
        pub struct Gauge<N = i64>(PhantomData<N>);

        impl<N> Clone for Gauge<N> {
            fn clone(&self) -> Self {
                Self(PhantomData)
            }
        }

        impl<N: Default> Gauge<N> {
            /// Nothing.
            #[inline(always)]
            pub fn inc(&self) -> N {
                N::default()
            }

            /// Nothing.
            #[inline(always)]
            pub fn inc_by(&self, _: N) -> N {
                N::default()
            }

            /// Nothing.
            #[inline(always)]
            pub fn dec(&self) -> N {
                N::default()
            }

            /// Nothing.
            #[inline(always)]
            pub fn dec_by(&self, _: N) -> N {
                N::default()
            }

            /// Nothing.
            #[inline(always)]
            pub fn set(&self, _: N) -> N {
                N::default()
            }

            /// Always 0.
            #[inline(always)]
            pub fn get(&self) -> N {
                N::default()
            }
        }
    }

    /// Histograms.
    pub mod histogram {
        /// Observes nothing.
        #[derive(Debug, Clone)]
        pub struct Histogram(());

        impl Histogram {
            /// Of no buckets.
            pub fn new(_: impl IntoIterator<Item = f64>) -> Self {
                Self(())
            }

            /// Nothing.
            #[inline(always)]
            pub fn observe(&self, _: f64) {}
        }
    }

    /// Figures by label.
    pub mod family {
        use std::{marker::PhantomData, ops::Deref};

        /// One figure for all labels, for it is none.
        #[derive(Debug)]
        pub struct Family<S, M, C = fn() -> M> {
            one: M,
            of: PhantomData<(fn(S), C)>,
        }

        impl<S, M: Clone, C> Clone for Family<S, M, C> {
            fn clone(&self) -> Self {
                Self {
                    one: self.one.clone(),
                    of: PhantomData,
                }
            }
        }

        impl<S, M: Default> Default for Family<S, M> {
            fn default() -> Self {
                Self {
                    one: M::default(),
                    of: PhantomData,
                }
            }
        }

        /// A figure, as if it were locked.
        #[derive(Debug)]
        pub struct Held<'a, M>(&'a M);

        impl<M> Deref for Held<'_, M> {
            type Target = M;

            fn deref(&self) -> &M {
                self.0
            }
        }

        impl<S, M> Family<S, M> {
            /// Whose figures are made so.
            pub fn new_with_constructor(made: fn() -> M) -> Self {
                Self {
                    one: made(),
                    of: PhantomData,
                }
            }
        }

        impl<S, M, C> Family<S, M, C> {
            pub(crate) fn one(&self) -> &M {
                &self.one
            }
        }

        impl<S, M: Clone, C> Family<S, M, C> {
            /// The one.
            #[inline(always)]
            pub fn get_or_create(&self, _: &S) -> Held<'_, M> {
                Held(&self.one)
            }

            /// The one.
            #[inline(always)]
            pub fn get_or_create_owned(&self, _: &S) -> M {
                self.one.clone()
            }
        }
    }
}

/// How figures are written: not.
pub mod encoding {
    pub use derive::EncodeLabelSet;

    use crate::metrics::{MetricType, counter::Counter, family::Family, gauge::Gauge, histogram::Histogram};

    /// Has a type.
    pub trait EncodeMetric {
        /// Its type.
        fn metric_type(&self) -> MetricType;
    }

    impl<N, A> EncodeMetric for Counter<N, A> {
        fn metric_type(&self) -> MetricType {
            MetricType::Counter
        }
    }

    impl<N> EncodeMetric for Gauge<N> {
        fn metric_type(&self) -> MetricType {
            MetricType::Gauge
        }
    }

    impl EncodeMetric for Histogram {
        fn metric_type(&self) -> MetricType {
            MetricType::Histogram
        }
    }

    impl<S, M: EncodeMetric, C> EncodeMetric for Family<S, M, C> {
        fn metric_type(&self) -> MetricType {
            self.one().metric_type()
        }
    }

    /// As text.
    pub mod text {
        use std::fmt;

        /// Writes nothing.
        pub fn encode(_: &mut impl fmt::Write, _: &crate::registry::Registry) -> Result<(), fmt::Error> {
            Ok(())
        }
    }
}

/// The list of figures.
pub mod registry {
    /// May be in the list.
    pub trait Metric: crate::encoding::EncodeMetric + 'static {}

    impl<T: crate::encoding::EncodeMetric + 'static> Metric for T {}

    /// Has none.
    #[derive(Debug, Default)]
    pub struct Registry(());

    impl Registry {
        /// Keeps nothing.
        pub fn register(&mut self, _: impl Into<String>, _: impl Into<String>, _: impl Metric) {}
    }
}
